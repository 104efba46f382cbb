// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "request.h"

#include "../common/frame.h"
#include "json.h"
#include "messages.h"
#include "terminal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

// The variables that commands may look at. Nothing else of the environment leaves this process.
static const char *const passed[] = {
    "TERM",          "COLORTERM", "NO_COLOR", "LANG", "LANGUAGE", "TZ",    "USER",   "LOGNAME",
    "HOME",          "SHELL",     "PATH",     "EDITOR", "VISUAL", "PAGER", "LINES",  "COLUMNS",
    "SSH_AUTH_SOCK", "DISPLAY",
};

static bool is_passed(const char *variable) {
    size_t name = strcspn(variable, "=");
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
        if (strlen(passed[i]) == name && memcmp(passed[i], variable, name) == 0) {
            return true;
        }
    }
    return strncmp(variable, "LC_", 3) == 0 || strncmp(variable, "BANGER_", 7) == 0;
}

static void append(struct buffer *out, const char *text) {
    buffer_append(out, text, strlen(text));
}

static void append_words(struct buffer *out, int count, char **words) {
    append(out, "\"argv\":[");
    for (int i = 0; i < count; i++) {
        append(out, i == 0 ? "" : ",");
        json_append_string(out, words[i]);
    }
    append(out, "]");
}

static void append_environment(struct buffer *out) {
    append(out, ",\"environment\":{");
    bool first = true;
    for (char **variable = environ; *variable != NULL; variable++) {
        char name[256];
        size_t length = strcspn(*variable, "=");
        if (!is_passed(*variable) || length >= sizeof name || (*variable)[length] == '\0') {
            continue;
        }
        memcpy(name, *variable, length);
        name[length] = '\0';
        append(out, first ? "" : ",");
        json_append_string(out, name);
        append(out, ":");
        json_append_string(out, *variable + length + 1);
        first = false;
    }
    append(out, "}");
}

static void append_terminal(struct buffer *out, const char *name, int descriptor) {
    append(out, ",\"");
    append(out, name);
    append(out, isatty(descriptor) ? "\":true" : "\":false");
}

bool request_append(struct buffer *out, int count, char **words) {
    size_t mark = frame_begin(out, 0, MESSAGE_REQUEST);
    append(out, "{\"version\":1,\"method\":\"command.run\",\"params\":{");
    append_words(out, count, words);
    append_environment(out);
    char directory[PATH_MAX];
    if (getcwd(directory, sizeof directory) != NULL && directory[0] == '/') {
        append(out, ",\"directory\":");
        json_append_string(out, directory);
    }
    append_terminal(out, "stdin_terminal", STDIN_FILENO);
    append_terminal(out, "stdout_terminal", STDOUT_FILENO);
    append_terminal(out, "stderr_terminal", STDERR_FILENO);
    uint16_t rows;
    uint16_t columns;
    if (terminal_size(&rows, &columns)) {
        char size[64];
        snprintf(size, sizeof size, ",\"rows\":%u,\"columns\":%u", rows, columns);
        append(out, size);
    }
    append(out, "}}");
    frame_end(out, mark);
    return !out->failed;
}
