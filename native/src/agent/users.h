// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_USERS_H
#define BANGER_USERS_H

#include <sys/types.h>

// The image's own /etc/passwd and /etc/group are read as files: a static program cannot load name service modules, and
// an image need not have any.
struct guest_user {
    uid_t uid;
    gid_t gid;
    char name[64];
    char home[256];
    char shell[256];
    gid_t groups[64];
    size_t group_count;
};

// `name` is a user's name or uid, with `:` and a group's name or gid behind it or not; NULL is root. Returns 0 or an errno; ENOENT: no
// such user or group.
int user_find(const char *name, struct guest_user *user);

#endif
