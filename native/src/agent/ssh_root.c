// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "ssh_root.h"

#include "guest_files.h"

#include "../common/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AUTHORIZED_KEYS BANGER_RUN "/ssh/authorized_keys"
#define CARRIED_SHELL BANGER_RUN "/bin/sh"
// Of a list of users or keys; what is longer is not looked at.
#define FILE_LIMIT ((size_t)4 << 20)

struct root {
    char home[256];
    char shell[256];
};

static bool append_text(struct buffer *buffer, const char *text) {
    return buffer_append(buffer, text, strlen(text));
}

// A file that is not there has no lines. False without memory.
static bool append_file(struct buffer *buffer, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return true;
    }
    char part[4096];
    ssize_t count;
    bool complete = true;
    while (complete && buffer->length < FILE_LIMIT && (count = read(fd, part, sizeof part)) > 0) {
        complete = buffer_append(buffer, part, (size_t)count);
    }
    close(fd);
    if (complete && buffer->length > 0 && buffer_bytes(buffer)[buffer->length - 1] != '\n') {
        complete = append_text(buffer, "\n");
    }
    return complete;
}

static bool is_shell(const char *path) {
    const char *name = strrchr(path, '/');
    return name != NULL && access(path, X_OK) == 0 && strcmp(name, "/nologin") != 0 && strcmp(name, "/false") != 0;
}

// Whether the image lists root with a shell that it has.
static bool read_root(struct root *root) {
    FILE *file = fopen("/etc/passwd", "re");
    struct passwd *entry = NULL;
    while (file != NULL && (entry = fgetpwent(file)) != NULL && strcmp(entry->pw_name, "root") != 0) {
    }
    bool listed = entry != NULL;
    snprintf(root->home, sizeof root->home, "%s", listed && entry->pw_dir[0] == '/' ? entry->pw_dir : "/root");
    snprintf(root->shell, sizeof root->shell, "%s", listed && entry->pw_shell[0] != '\0' ? entry->pw_shell : "/bin/sh");
    if (file != NULL) {
        fclose(file);
    }
    return listed && is_shell(root->shell);
}

static bool append_other_users(struct buffer *list) {
    FILE *file = fopen("/etc/passwd", "re");
    char *line = NULL;
    size_t size = 0;
    bool complete = true;
    while (complete && file != NULL && getline(&line, &size, file) > 0) {
        complete = strncmp(line, "root:", 5) == 0 || append_text(list, line);
    }
    free(line);
    if (file != NULL) {
        fclose(file);
    }
    return complete;
}

static int list_root(struct root *root) {
    snprintf(root->shell, sizeof root->shell, "%s", is_shell("/bin/sh") ? "/bin/sh" : CARRIED_SHELL);
    struct buffer list = {0};
    char line[600];
    snprintf(line, sizeof line, "root:x:0:0:root:%s:%s\n", root->home, root->shell);
    int error = append_text(&list, line) && append_other_users(&list)
        ? guest_file_write("etc/passwd", GUEST_FILE_DEFAULTS, buffer_bytes(&list), list.length)
        : ENOMEM;
    buffer_free(&list);
    return error;
}

static bool is_allowed(const char *shell) {
    bool allowed = false;
    const char *each;
    setusershell();
    while (!allowed && (each = getusershell()) != NULL) {
        allowed = strcmp(each, shell) == 0;
    }
    endusershell();
    return allowed;
}

static int allow_shell(const char *shell) {
    if (is_allowed(shell)) {
        return 0;
    }
    struct buffer list = {0};
    int error = append_file(&list, "/etc/shells") && (list.length > 0 || append_text(&list, "/bin/sh\n")) && append_text(&list, shell)
            && append_text(&list, "\n")
        ? guest_file_write("etc/shells", GUEST_FILE_DEFAULTS, buffer_bytes(&list), list.length)
        : ENOMEM;
    buffer_free(&list);
    return error;
}

static int authorize_key(const char *home) {
    char path[512];
    snprintf(path, sizeof path, "%s/.ssh", home);
    mkdir(home, 0700);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/.ssh/authorized_keys", home);
    struct buffer keys = {0};
    int error = append_file(&keys, AUTHORIZED_KEYS) && append_file(&keys, path)
        ? guest_file_write(path, (struct guest_file_owner){.mode = 0600}, buffer_bytes(&keys), keys.length)
        : ENOMEM;
    buffer_free(&keys);
    return error;
}

int ssh_root_admit(const char *busybox) {
    struct root root;
    int error = symlink(busybox, CARRIED_SHELL) != 0 && errno != EEXIST ? errno : 0;
    if (error == 0 && !read_root(&root)) {
        error = list_root(&root);
    }
    if (error == 0) {
        error = allow_shell(root.shell);
    }
    return error != 0 ? error : authorize_key(root.home);
}
