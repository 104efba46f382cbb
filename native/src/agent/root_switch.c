// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "root_switch.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

// Everything below the directory that lies on the same file system. Takes the descriptor over.
static void remove_below(int directory_fd, dev_t device) {
    DIR *directory = fdopendir(directory_fd);
    if (directory == NULL) {
        close(directory_fd);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0
            || fstatat(directory_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_dev != device) {
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            int child = openat(directory_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (child >= 0) {
                remove_below(child, device);
            }
            unlinkat(directory_fd, entry->d_name, AT_REMOVEDIR);
        } else {
            unlinkat(directory_fd, entry->d_name, 0);
        }
    }
    closedir(directory);
}

bool root_switch(const char *path) {
    int old_root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat old_status;
    if (old_root < 0 || fstat(old_root, &old_status) != 0 || chdir(path) != 0) {
        return false;
    }
    // pivot_root(2) does not work on the initramfs: the new root is moved over it instead.
    if (mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 || chdir("/") != 0) {
        return false;
    }
    remove_below(old_root, old_status.st_dev);
    return true;
}
