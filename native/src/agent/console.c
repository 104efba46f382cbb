// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "console.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// /dev/console leads to the devices that console= names. A serial line that is not one of them may still be all that is recorded.
static const char *const serial_lines[] = {"ttyS0", "hvc0"};

static bool is_console(const char *device) {
    char active[256];
    int fd = open("/sys/class/tty/console/active", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t length = read(fd, active, sizeof active - 1);
    close(fd);
    active[length > 0 ? length : 0] = '\0';
    return strstr(active, device) != NULL;
}

static int open_device(const char *path) {
    return open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

static void write_to(const char *path, const char *text) {
    int fd = open_device(path);
    if (fd >= 0) {
        ssize_t ignored = write(fd, text, strlen(text));
        (void)ignored;
        close(fd);
    }
}

void console_write(const char *text) {
    write_to("/dev/console", text);
    for (size_t i = 0; i < sizeof serial_lines / sizeof *serial_lines; i++) {
        if (!is_console(serial_lines[i])) {
            char path[32];
            snprintf(path, sizeof path, "/dev/%s", serial_lines[i]);
            write_to(path, text);
        }
    }
}

void console_message(const char *format, ...) {
    char text[1024];
    int length = snprintf(text, sizeof text, "banger-init: ");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, sizeof text - (size_t)length - 2, format, arguments);
    va_end(arguments);
    strcat(text, "\n");
    console_write(text);
}

void console_drain(void) {
    const char *const paths[] = {"/dev/console", "/dev/ttyS0", "/dev/hvc0"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        int fd = open_device(paths[i]);
        if (fd >= 0) {
            tcdrain(fd);
            close(fd);
        }
    }
}
