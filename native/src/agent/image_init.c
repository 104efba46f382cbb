// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "image_init.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define INITTAB "/etc/inittab"
// What busybox init runs first without an inittab, as its init/init.c documents.
#define DEFAULT_SYSINIT "/etc/init.d/rcS"

static bool is_program(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0;
}

static bool is_same_file(const char *one, const char *other) {
    struct stat first;
    struct stat second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static bool is_busybox(const char *path) {
    char real[PATH_MAX];
    if (is_same_file(path, "/bin/busybox")) {
        return true;
    }
    return realpath(path, real) != NULL && strncmp(strrchr(real, '/') + 1, "busybox", strlen("busybox")) == 0;
}

// A line of inittab(5): id:runlevels:action:process. Only what must run first is looked at, and only by its program.
static bool runs_something_missing(char *line) {
    line[strcspn(line, "\n")] = '\0';
    char *fields[4] = {line};
    for (size_t i = 1; i < LENGTH(fields); i++) {
        char *colon = strchr(fields[i - 1], ':');
        if (line[0] == '#' || colon == NULL) {
            return false;
        }
        *colon = '\0';
        fields[i] = colon + 1;
    }
    if (strcmp(fields[2], "sysinit") != 0) {
        return false;
    }
    char *program = fields[3] + strspn(fields[3], " \t-");
    program[strcspn(program, " \t")] = '\0';
    // Another word is for the shell that busybox init runs it with.
    return program[0] == '/' && !is_program(program);
}

// Every image with busybox has its init as well. Without the scripts it would only complain, and start shells on consoles.
static bool busybox_init_is_set_up(void) {
    FILE *file = fopen(INITTAB, "re");
    if (file == NULL) {
        return is_program(DEFAULT_SYSINIT);
    }
    char line[1024];
    bool complete = true;
    while (complete && fgets(line, sizeof line, file) != NULL) {
        complete = !runs_something_missing(line);
    }
    fclose(file);
    return complete;
}

void image_init_find(char *found, size_t size) {
    static const char *const usual[] = {
        "/sbin/init", "/lib/systemd/systemd", "/usr/lib/systemd/systemd", "/etc/init", "/bin/init",
    };
    for (size_t i = 0; i < LENGTH(usual); i++) {
        if (is_program(usual[i]) && (!is_busybox(usual[i]) || busybox_init_is_set_up())) {
            snprintf(found, size, "%s", usual[i]);
            return;
        }
    }
    snprintf(found, size, NO_INIT);
}

bool image_init_serves_ssh(const char *init) {
    static const char *const units[] = {
        "/lib/systemd/system/ssh.service", "/lib/systemd/system/sshd.service", "/usr/lib/systemd/system/ssh.service",
        "/usr/lib/systemd/system/sshd.service", "/etc/systemd/system/ssh.service", "/etc/systemd/system/sshd.service",
    };
    char real[PATH_MAX];
    if (realpath(init, real) == NULL || strcmp(strrchr(real, '/'), "/systemd") != 0 || !is_program("/usr/sbin/sshd")) {
        return false;
    }
    for (size_t i = 0; i < LENGTH(units); i++) {
        struct stat status;
        if (stat(units[i], &status) == 0) {
            return true;
        }
    }
    return false;
}
