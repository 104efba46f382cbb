// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static bool is_raw;

static void restore(void) {
    if (is_raw) {
        is_raw = false;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
    }
}

void terminal_raw(bool raw) {
    static bool registered;
    if (!raw) {
        restore();
        return;
    }
    if (is_raw || tcgetattr(STDIN_FILENO, &saved) != 0) {
        return;
    }
    if (!registered) {
        registered = atexit(restore) == 0;
    }
    struct termios wanted = saved;
    cfmakeraw(&wanted);
    is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &wanted) == 0;
}

bool terminal_size(uint16_t *rows, uint16_t *columns) {
    static const int descriptors[] = {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO};
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++) {
        struct winsize size;
        if (ioctl(descriptors[i], TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
            *rows = size.ws_row;
            *columns = size.ws_col;
            return true;
        }
    }
    return false;
}
