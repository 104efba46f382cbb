// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_SSH_SERVER_H
#define BANGER_SSH_SERVER_H

// An ssh server that was carried in, for images without one: dropbear, run by the loader that came with it, so that nothing of the image
// is needed. The caller's root is the guest's.

// Starts a process, not the caller's child, that waits on port 22. `archive` is unpacked when the first client comes; until
// then nothing is taken from the image or put over it. Does nothing without an archive (-1) or a host key.
void ssh_server_start(int archive, const char *busybox);

#endif
