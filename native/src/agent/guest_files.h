// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_GUEST_FILES_H
#define BANGER_GUEST_FILES_H

// Files given to the guest without changing its image. Below /run they are written as they are; anywhere else the content lies
// below /run/banger/files and is bind-mounted over the image's path. The caller's root is the guest's root, so that links are followed inside it only.

#include <stddef.h>
#include <sys/types.h>

#define BANGER_RUN "/run/banger"

struct guest_file_owner {
    mode_t mode;
    uid_t uid;
    gid_t gid;
};

#define GUEST_FILE_DEFAULTS ((struct guest_file_owner){.mode = 0644})

// `path` has no leading slash or has one; `.` and `..` elements are refused. Each returns 0 or an errno.
int guest_file_write(const char *path, struct guest_file_owner owner, const void *content, size_t size);

// Only below run/.
int guest_file_make_directory(const char *path, struct guest_file_owner owner);
int guest_file_link(const char *path, const char *target);

#endif
