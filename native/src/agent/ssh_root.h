// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_SSH_ROOT_H
#define BANGER_SSH_ROOT_H

// Sees to it that root can log in by the key of the configuration disk: that it is listed, has a shell that exists and that
// /etc/shells allows, and authorizes that key. What the image has is kept where it serves; where it does not, a file is
// placed over it. Returns 0 or an errno.
int ssh_root_admit(const char *busybox);

#endif
