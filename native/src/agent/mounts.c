// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "mounts.h"

#include "console.h"
#include "disks.h"
#include "guest_directory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY "mount="
// As for the root disk.
#define DISK_WAIT_MS 10000

// ---- the lines ----

static bool is_serial(const char *text, size_t length) {
    return length >= 1 && length <= MOUNT_SERIAL_LIMIT
        && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") >= length;
}

// Absolute, not the root itself, and nothing in it that climbs.
static bool is_mount_point(const char *path) {
    if (path[0] != '/' || path[1] == '\0') {
        return false;
    }
    while (*path == '/') {
        path++;
        size_t element = strcspn(path, "/");
        if (element == 0 || (element == 1 && path[0] == '.') || (element == 2 && path[0] == '.' && path[1] == '.')) {
            return false;
        }
        path += element;
    }
    return true;
}

static bool parse_mount(struct mounts *mounts, const char *value, size_t length) {
    const char *space = memchr(value, ' ', length);
    if (space == NULL || mounts->count == MOUNT_LIMIT || memchr(value, '\0', length) != NULL) {
        return false;
    }
    size_t serial_length = (size_t)(space - value);
    size_t path_length = length - serial_length - 1;
    if (path_length > MOUNT_PATH_LIMIT || !is_serial(value, serial_length)) {
        return false;
    }
    struct mounted_disk disk = {0};
    memcpy(disk.serial, value, serial_length);
    memcpy(disk.path, space + 1, path_length);
    if (!is_mount_point(disk.path)) {
        return false;
    }
    mounts->disks[mounts->count++] = disk;
    return true;
}

int mounts_parse(struct mounts *mounts, const char *text, size_t length) {
    const size_t key_length = strlen(KEY);
    int number = 0;
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t line_length = end == NULL ? length : (size_t)(end - text);
        number++;
        if (line_length >= key_length && memcmp(text, KEY, key_length) == 0
            && !parse_mount(mounts, text + key_length, line_length - key_length)) {
            return number;
        }
        size_t used = end == NULL ? line_length : line_length + 1;
        text += used;
        length -= used;
    }
    return 0;
}

// ---- mounting ----

static bool is_root(int directory) {
    struct stat here;
    struct stat root;
    return fstat(directory, &here) == 0 && stat("/", &root) == 0 && here.st_dev == root.st_dev && here.st_ino == root.st_ino;
}

// The directory itself, however the image names it.
struct directory_path {
    char text[32];
};

static struct directory_path path_of(int directory) {
    struct directory_path path;
    snprintf(path.text, sizeof path.text, "/proc/self/fd/%d", directory);
    return path;
}

static int mount_on(const char *device, const char *path) {
    int directory = -1;
    int error = guest_directory_open(path, &directory);
    if (error != 0) {
        return error;
    }
    if (is_root(directory)) {
        error = EBUSY;
    } else if (mount(device, path_of(directory).text, "ext4", 0, NULL) != 0) {
        error = errno;
    }
    close(directory);
    return error;
}

static void grow(const char *device, const struct mounted_disk *disk, int mounted) {
    uint64_t ignored;
    int error = disk_grow(device, path_of(mounted).text, &ignored);
    if (error != 0) {
        console_message("the file system on %s keeps its size, it could not be grown to the disk's: %s", disk->path, strerror(error));
    }
}

static int mount_and_grow(const char *device, struct mounted_disk *disk) {
    int mounted = -1;
    int error = mount_on(device, disk->path);
    if (error != 0 || (error = guest_directory_open(disk->path, &mounted)) != 0) {
        return error;
    }
    struct stat status;
    if (fstat(mounted, &status) == 0) {
        disk->device = status.st_dev;
    }
    grow(device, disk, mounted);
    close(mounted);
    return 0;
}

static int mount_disk(struct mounted_disk *disk, char *text, size_t size) {
    char device[300];
    if (!disk_wait(disk->serial, DISK_WAIT_MS, device, sizeof device)) {
        snprintf(text, size, "no virtio disk with the serial \"%s\" appeared, which is to be mounted on %s", disk->serial, disk->path);
        return ENODEV;
    }
    if (!disk_is_ext4(device)) {
        snprintf(text, size, "the disk \"%s\", which is to be mounted on %s, holds no ext4 file system", disk->serial, disk->path);
        return EINVAL;
    }
    int error = mount_and_grow(device, disk);
    if (error != 0) {
        snprintf(text, size, "cannot mount the disk \"%s\" on %s: %s", disk->serial, disk->path, strerror(error));
    }
    return error;
}

int mounts_apply(struct mounts *mounts, char *text, size_t size) {
    int error = 0;
    for (size_t i = 0; i < mounts->count && error == 0; i++) {
        error = mount_disk(&mounts->disks[i], text, size);
    }
    return error;
}

bool mounts_is_there(const struct mounted_disk *disk) {
    struct stat status;
    return stat(disk->path, &status) == 0 && status.st_dev == disk->device;
}
