// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_GUEST_DIRECTORY_H
#define BANGER_GUEST_DIRECTORY_H

// Opens (O_PATH) the directory that an absolute path names; what is missing of it is made. The caller's root is the guest's
// root: the image's links are followed as texts inside it, so that not even those of /proc lead out, and one that leads nowhere
// yet gets what it leads to. Returns 0 or an errno.
int guest_directory_open(const char *path, int *fd);

#endif
