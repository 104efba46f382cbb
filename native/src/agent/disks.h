// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_DISKS_H
#define BANGER_DISKS_H

#include <stdbool.h>
#include <stddef.h>

// Waits until a virtio-blk disk of that serial is there, and gives its device's path.
bool disk_wait(const char *serial, int milliseconds, char *path, size_t size);

// True when the device holds an ext4 (or ext2, ext3) file system.
bool disk_is_ext4(const char *device);

// Grows the mounted file system to the size of its device. Returns 0, also when it fills it already, or an errno.
int disk_grow(const char *device, const char *mount_point);

#endif
