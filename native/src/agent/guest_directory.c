// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "guest_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Links that may follow each other; the kernel's own limit (path_resolution(7)).
#define LINK_LIMIT 40

struct walk {
    int at;              // the directory reached so far
    char rest[PATH_MAX]; // what is left to go
    int links;
};

static int move_to(struct walk *walk, int fd) {
    if (fd < 0) {
        return errno;
    }
    close(walk->at);
    walk->at = fd;
    return 0;
}

static int go_to_root(struct walk *walk) {
    return move_to(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

// The first element of `rest`, which loses it. False at the end.
static bool take_element(struct walk *walk, char name[NAME_MAX + 1], int *error) {
    size_t skipped = strspn(walk->rest, "/");
    size_t length = strcspn(walk->rest + skipped, "/");
    *error = length > NAME_MAX ? ENAMETOOLONG : 0;
    if (length == 0 || *error != 0) {
        return false;
    }
    memcpy(name, walk->rest + skipped, length);
    name[length] = '\0';
    memmove(walk->rest, walk->rest + skipped + length, strlen(walk->rest + skipped + length) + 1);
    return true;
}

static int follow(struct walk *walk, int link) {
    char path[PATH_MAX];
    char rest[PATH_MAX];
    ssize_t length = readlinkat(link, "", path, sizeof path - 1);
    if (length < 0) {
        return errno;
    }
    path[length] = '\0';
    if (++walk->links > LINK_LIMIT) {
        return ELOOP;
    }
    memcpy(rest, walk->rest, sizeof rest);
    if (snprintf(walk->rest, sizeof walk->rest, "%s/%s", path, rest) >= (int)sizeof walk->rest) {
        return ENAMETOOLONG;
    }
    return path[0] == '/' ? go_to_root(walk) : 0;
}

static int open_or_make(int directory, const char *name) {
    int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT) {
        return fd;
    }
    return mkdirat(directory, name, 0755) == 0 ? openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
}

static int step(struct walk *walk, const char *name) {
    int fd = open_or_make(walk->at, name);
    struct stat status;
    if (fd < 0) {
        return errno;
    }
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        return move_to(walk, fd);
    }
    int error = S_ISLNK(status.st_mode) ? follow(walk, fd) : ENOTDIR;
    close(fd);
    return error;
}

int guest_directory_open(const char *path, int *fd) {
    struct walk walk = {.at = -1};
    char name[NAME_MAX + 1];
    if (path[0] != '/') {
        return EINVAL;
    }
    if (snprintf(walk.rest, sizeof walk.rest, "%s", path) >= (int)sizeof walk.rest) {
        return ENAMETOOLONG;
    }
    walk.at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int error = walk.at < 0 ? errno : 0;
    while (error == 0 && take_element(&walk, name, &error)) {
        error = step(&walk, name);
    }
    if (error == 0) {
        *fd = walk.at;
    } else if (walk.at >= 0) {
        close(walk.at);
    }
    return error;
}
