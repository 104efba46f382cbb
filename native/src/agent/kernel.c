// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/virtio_ids.h>
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

static bool has_pci_devices(void) {
    glob_t found = {0};
    bool any = glob("/sys/bus/pci/devices/*", 0, NULL, &found) == 0;
    globfree(&found);
    return any;
}

static bool has_virtio_socket_device(void) {
    glob_t found = {0};
    bool any = false;
    if (glob("/sys/bus/virtio/devices/*/device", 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && !any; i++) {
            unsigned id = 0;
            FILE *file = fopen(found.gl_pathv[i], "re");
            any = file != NULL && fscanf(file, "%x", &id) == 1 && id == VIRTIO_ID_VSOCK;
            if (file != NULL) {
                fclose(file);
            }
        }
    }
    globfree(&found);
    return any;
}

// Each module costs an emulated machine some 30 ms, most of it for its signature.
static bool is_wanted(const char *name) {
    static const struct {
        const char *prefix;
        bool (*is_there)(void);
    } drivers[] = {
        {"virtio_pci", has_pci_devices},
        {"vsock", has_virtio_socket_device},
        {"vmw_vsock", has_virtio_socket_device},
    };
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        if (strncmp(name, drivers[i].prefix, strlen(drivers[i].prefix)) == 0) {
            return drivers[i].is_there();
        }
    }
    return true;
}

void kernel_load_modules(void) {
    FILE *order = fopen(MODULES_DIRECTORY "/order", "re");
    if (order == NULL) {
        return; // a kernel with everything built in
    }
    char line[256];
    while (fgets(line, sizeof line, order) != NULL) {
        line[strcspn(line, " \t\r\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#' && is_wanted(line)) {
            load(line);
        }
    }
    fclose(order);
}

const char *kernel_module_failure(void) {
    return module_failure[0] == '\0' ? NULL : module_failure;
}
