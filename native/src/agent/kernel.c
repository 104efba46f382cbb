// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MODULES_DIRECTORY "/modules"
// COMMAND_LINE_SIZE of x86 and arm64.
#define COMMAND_LINE_SIZE 2048

static char module_failure[320] = "";

bool kernel_option(const char *name, char *value, size_t size) {
    char line[COMMAND_LINE_SIZE + 1];
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t length = read(fd, line, sizeof line - 1);
    close(fd);
    line[length > 0 ? length : 0] = '\0';
    bool found = false;
    char *rest = line;
    char *word;
    while ((word = strtok_r(rest, " \n", &rest)) != NULL) {
        size_t name_length = strlen(name);
        if (strncmp(word, name, name_length) == 0 && word[name_length] == '=') {
            snprintf(value, size, "%s", word + name_length + 1);
            found = true;
        }
    }
    return found;
}

static void load(const char *name) {
    char path[300];
    snprintf(path, sizeof path, "%s%s", name[0] == '/' ? "" : MODULES_DIRECTORY "/", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0) {
        error = syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST ? 0 : errno;
        close(fd);
    }
    if (error != 0 && module_failure[0] == '\0') {
        snprintf(module_failure, sizeof module_failure, "%.250s: %.60s", path, strerror(error));
    }
}

void kernel_load_modules(void) {
    FILE *order = fopen(MODULES_DIRECTORY "/order", "re");
    if (order == NULL) {
        return; // a kernel with everything built in
    }
    char line[256];
    while (fgets(line, sizeof line, order) != NULL) {
        line[strcspn(line, " \t\r\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#') {
            load(line);
        }
    }
    fclose(order);
}

const char *kernel_module_failure(void) {
    return module_failure[0] == '\0' ? NULL : module_failure;
}
