// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "disks.h"

#include "../common/monotonic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

// The kernel has no file for "a disk arrived"; a probe takes milliseconds.
#define RETRY_MS 5
// VIRTIO_BLK_ID_BYTES of the virtio specification.
#define SERIAL_LENGTH 20
// Documentation/filesystems/ext4: where the super block and its fields lie.
#define SUPER_BLOCK_OFFSET 1024
#define SUPER_BLOCK_SIZE 1024
#define SUPER_BLOCKS_LOW 0x04
#define SUPER_LOG_BLOCK_SIZE 0x18
#define SUPER_MAGIC 0x38
#define SUPER_BLOCKS_HIGH 0x150
#define EXT4_MAGIC 0xef53
// fs/ext4/ext4.h; not in the kernel's user headers.
#define EXT4_IOC_RESIZE_FS _IOW('f', 16, uint64_t)

static bool has_serial(const char *disk, const char *serial) {
    char path[300];
    char value[SERIAL_LENGTH + 2] = "";
    snprintf(path, sizeof path, "/sys/block/%s/serial", disk);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t length = read(fd, value, sizeof value - 1);
    close(fd);
    value[length > 0 ? length : 0] = '\0';
    value[strcspn(value, "\n")] = '\0';
    return strncmp(value, serial, SERIAL_LENGTH) == 0;
}

static bool find(const char *serial, char *path, size_t size) {
    DIR *disks = opendir("/sys/block");
    if (disks == NULL) {
        return false;
    }
    bool found = false;
    struct dirent *entry;
    while (!found && (entry = readdir(disks)) != NULL) {
        if (strncmp(entry->d_name, "vd", 2) == 0 && has_serial(entry->d_name, serial)) {
            snprintf(path, size, "/dev/%s", entry->d_name);
            found = access(path, F_OK) == 0;
        }
    }
    closedir(disks);
    return found;
}

bool disk_wait(const char *serial, int milliseconds, char *path, size_t size) {
    int64_t deadline = monotonic_ms() + milliseconds;
    while (!find(serial, path, size)) {
        if (monotonic_ms() >= deadline) {
            return false;
        }
        poll(NULL, 0, RETRY_MS);
    }
    return true;
}

static uint32_t load_little(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bool read_super_block(const char *device, uint8_t super_block[SUPER_BLOCK_SIZE], uint64_t *device_size) {
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool read = pread(fd, super_block, SUPER_BLOCK_SIZE, SUPER_BLOCK_OFFSET) == SUPER_BLOCK_SIZE
        && ioctl(fd, BLKGETSIZE64, device_size) == 0;
    close(fd);
    return read && (load_little(super_block + SUPER_MAGIC) & 0xffff) == EXT4_MAGIC;
}

bool disk_is_ext4(const char *device) {
    uint8_t super_block[SUPER_BLOCK_SIZE];
    uint64_t device_size;
    return read_super_block(device, super_block, &device_size);
}

static bool is_mount_point(const char *path, const struct stat *status) {
    char above[PATH_MAX];
    struct stat parent;
    return snprintf(above, sizeof above, "%s/..", path) < (int)sizeof above && stat(above, &parent) == 0
        && (parent.st_dev != status->st_dev || parent.st_ino == status->st_ino);
}

int disk_mounted_on(const char *mount_point, char *device, size_t size) {
    struct stat status;
    struct statfs system;
    if (stat(mount_point, &status) != 0 || statfs(mount_point, &system) != 0) {
        return errno;
    }
    // All kinds of ext share one number.
    if (!S_ISDIR(status.st_mode) || system.f_type != EXT4_SUPER_MAGIC || !is_mount_point(mount_point, &status)) {
        return EINVAL;
    }
    char link[64];
    char target[PATH_MAX];
    snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(status.st_dev), minor(status.st_dev));
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0) {
        return errno;
    }
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    snprintf(device, size, "/dev/%s", slash == NULL ? target : slash + 1);
    return 0;
}

int disk_grow(const char *device, const char *mount_point, uint64_t *device_size) {
    uint8_t super_block[SUPER_BLOCK_SIZE];
    if (!read_super_block(device, super_block, device_size)) {
        return EINVAL;
    }
    uint32_t log_block_size = load_little(super_block + SUPER_LOG_BLOCK_SIZE);
    if (log_block_size > 6) {
        return EINVAL;
    }
    uint64_t blocks = (uint64_t)load_little(super_block + SUPER_BLOCKS_HIGH) << 32 | load_little(super_block + SUPER_BLOCKS_LOW);
    uint64_t wanted = *device_size / (UINT64_C(1024) << log_block_size);
    if (wanted <= blocks) {
        return 0;
    }
    int fd = open(mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int error = ioctl(fd, EXT4_IOC_RESIZE_FS, &wanted) == 0 ? 0 : errno;
    close(fd);
    return error;
}
