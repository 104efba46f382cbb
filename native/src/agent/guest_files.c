// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "guest_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_DIRECTORY BANGER_RUN "/files"
// Links that may follow each other at the end of a path; the kernel's own limit (path_resolution(7)).
#define LINK_LIMIT 40

// "a/b", "/a/b" -> "/a/b". Nothing that could climb or repeat.
static int clean_path(const char *path, char clean[PATH_MAX]) {
    size_t length = 0;
    while (*path == '/') {
        path++;
    }
    if (*path == '\0') {
        return EINVAL;
    }
    while (*path != '\0') {
        size_t element = strcspn(path, "/");
        if (element == 0 || (element == 1 && path[0] == '.') || (element == 2 && path[0] == '.' && path[1] == '.')) {
            return EINVAL;
        }
        if (length + 1 + element >= PATH_MAX) {
            return ENAMETOOLONG;
        }
        clean[length++] = '/';
        memcpy(clean + length, path, element);
        length += element;
        path += element;
        if (*path == '/') {
            path++;
        }
    }
    clean[length] = '\0';
    return 0;
}

static bool is_below(const char *directory, const char *path) {
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && path[length] == '/';
}

static bool is_below_run(const char *path) {
    return is_below("/run", path);
}

// An image's /run may be a link itself.
static bool is_really_below_run(const char *resolved) {
    char run[PATH_MAX];
    return realpath("/run", run) != NULL && is_below(run, resolved);
}

static int make_parents(const char *path) {
    char partial[PATH_MAX];
    snprintf(partial, sizeof partial, "%s", path);
    for (char *slash = strchr(partial + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(partial, 0755) != 0 && errno != EEXIST) {
            return errno;
        }
        *slash = '/';
    }
    return 0;
}

// The file that `path` really names, whether it exists or not. Its parent directory exists afterwards.
static int resolve(const char *path, char resolved[PATH_MAX]) {
    char at[PATH_MAX];
    snprintf(at, sizeof at, "%s", path);
    for (int links = 0; links < LINK_LIMIT; links++) {
        int error = make_parents(at);
        if (error != 0) {
            return error;
        }
        char *name = strrchr(at, '/') + 1;
        char directory[PATH_MAX];
        char target[PATH_MAX];
        snprintf(directory, sizeof directory, "%.*s", (int)(name - at), at);
        char real[PATH_MAX];
        if (realpath(directory, real) == NULL) {
            return errno;
        }
        const char *parent = strcmp(real, "/") == 0 ? "" : real;
        if (snprintf(resolved, PATH_MAX, "%s/%s", parent, name) >= PATH_MAX) {
            return ENAMETOOLONG;
        }
        ssize_t length = readlink(resolved, target, sizeof target - 1);
        if (length < 0) {
            return errno == EINVAL || errno == ENOENT ? 0 : errno;
        }
        target[length] = '\0';
        int size = target[0] == '/' ? snprintf(at, sizeof at, "%s", target) : snprintf(at, sizeof at, "%s/%s", parent, target);
        if (size >= (int)sizeof at) {
            return ENAMETOOLONG;
        }
    }
    return ELOOP;
}

static int write_all(int fd, const void *content, size_t size) {
    const char *at = content;
    while (size > 0) {
        ssize_t count = write(fd, at, size);
        if (count < 0 && errno != EINTR) {
            return errno;
        }
        if (count > 0) {
            at += count;
            size -= (size_t)count;
        }
    }
    return 0;
}

static int write_file(const char *path, int flags, struct guest_file_owner owner, const void *content, size_t size) {
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    if (fd < 0) {
        return errno;
    }
    int error = write_all(fd, content, size);
    if (error == 0 && (fchown(fd, owner.uid, owner.gid) != 0 || fchmod(fd, owner.mode & 07777) != 0)) {
        error = errno;
    }
    close(fd);
    return error;
}

// Never half written: whoever reads the path sees the old or the new file.
static int replace_file(const char *path, struct guest_file_owner owner, const void *content, size_t size) {
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.banger-new", path) >= (int)sizeof temporary) {
        return ENAMETOOLONG;
    }
    unlink(temporary);
    int error = write_file(temporary, O_CREAT | O_EXCL, owner, content, size);
    if (error == 0 && rename(temporary, path) != 0) {
        error = errno;
    }
    if (error != 0) {
        unlink(temporary);
    }
    return error;
}

static bool same_file(const char *one, const char *other) {
    struct stat first;
    struct stat second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static int create_mount_point(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (fd < 0) {
        return errno;
    }
    close(fd);
    return 0;
}

static int write_over_image(const char *path, const char *target, struct guest_file_owner owner, const void *content, size_t size) {
    char source[PATH_MAX];
    if (snprintf(source, sizeof source, FILES_DIRECTORY "%s", path) >= (int)sizeof source) {
        return ENAMETOOLONG;
    }
    int error = make_parents(source);
    if (error != 0) {
        return error;
    }
    if (same_file(source, target)) {
        // Mounted already: the mount follows the inode, so its content is replaced in place.
        return write_file(source, O_TRUNC, owner, content, size);
    }
    error = replace_file(source, owner, content, size);
    if (error != 0 || (access(target, F_OK) != 0 && (error = create_mount_point(target)) != 0)) {
        return error;
    }
    return mount(source, target, NULL, MS_BIND, NULL) == 0 ? 0 : errno;
}

int guest_file_write(const char *path, struct guest_file_owner owner, const void *content, size_t size) {
    char clean[PATH_MAX];
    char target[PATH_MAX];
    int error = clean_path(path, clean);
    if (error != 0 || (error = resolve(clean, target)) != 0) {
        return error;
    }
    // A link of the image into /run (/etc/resolv.conf often is one) leads to the guest's fresh /run.
    return is_really_below_run(target) ? replace_file(target, owner, content, size) : write_over_image(clean, target, owner, content, size);
}

int guest_file_make_directory(const char *path, struct guest_file_owner owner) {
    char clean[PATH_MAX];
    int error = clean_path(path, clean);
    if (error != 0 || (error = make_parents(clean)) != 0) {
        return error;
    }
    if (!is_below_run(clean)) {
        return 0; // made, or found, when a file needs it
    }
    if (mkdir(clean, 0700) != 0 && errno != EEXIST) {
        return errno;
    }
    return chown(clean, owner.uid, owner.gid) == 0 && chmod(clean, owner.mode & 07777) == 0 ? 0 : errno;
}

int guest_file_link(const char *path, const char *target) {
    char clean[PATH_MAX];
    int error = clean_path(path, clean);
    if (error != 0) {
        return error;
    }
    if (!is_below_run(clean)) {
        return EINVAL;
    }
    if ((error = make_parents(clean)) != 0) {
        return error;
    }
    unlink(clean);
    return symlink(target, clean) == 0 ? 0 : errno;
}
