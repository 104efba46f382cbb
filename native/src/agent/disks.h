// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_DISKS_H
#define BANGER_DISKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Waits until a virtio-blk disk of that serial is there, and gives its device's path.
bool disk_wait(const char *serial, int milliseconds, char *path, size_t size);

// True when the device holds an ext4 (or ext2, ext3) file system.
bool disk_is_ext4(const char *device);

// The device of the ext4 file system that is mounted exactly there. Returns 0 or an errno.
int disk_mounted_on(const char *mount_point, char *device, size_t size);

// Grows the mounted file system to the size of its device, in bytes. Returns 0, also when it fills it already, or an errno.
int disk_grow(const char *device, const char *mount_point, uint64_t *device_size);

#endif
