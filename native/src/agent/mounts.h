// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_MOUNTS_H
#define BANGER_MOUNTS_H

// Further disks of the guest: `mount=<serial> <absolute path>` of the configuration disk.

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MOUNT_LIMIT 16
// VIRTIO_BLK_ID_BYTES of the virtio specification.
#define MOUNT_SERIAL_LIMIT 20
#define MOUNT_PATH_LIMIT 1023

struct mounted_disk {
    char serial[MOUNT_SERIAL_LIMIT + 1];
    char path[MOUNT_PATH_LIMIT + 1];
    dev_t device; // once it is mounted
};

struct mounts {
    struct mounted_disk disks[MOUNT_LIMIT];
    size_t count;
};

// Reads the `mount=` lines of an `identity` file, whatever the other lines are. Returns the number of the first that is wrong, or 0.
int mounts_parse(struct mounts *mounts, const char *text, size_t length);

// Mounts them in their order. The caller's root is the guest's root. Returns 0 or an errno with a text that says which could not be mounted.
int mounts_apply(struct mounts *mounts, char *text, size_t size);

// Whether the disk is still what its path leads to.
bool mounts_is_there(const struct mounted_disk *disk);

#endif
