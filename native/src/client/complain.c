// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "complain.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void complain(const char *format, ...) {
    const char *no_color = getenv("NO_COLOR");
    bool color = isatty(STDERR_FILENO) && (no_color == NULL || no_color[0] == '\0');
    fputs(color ? "\033[31mbanger:\033[0m " : "banger: ", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}
