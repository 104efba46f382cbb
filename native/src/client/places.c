// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "places.h"

#include "complain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool join(char *out, const char *directory, const char *rest) {
    int length = snprintf(out, PATH_MAX, "%s%s", directory, rest);
    return length > 0 && length < PATH_MAX;
}

static const char *set_variable(const char *name) {
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

static bool below_home(struct places *places, const char *home) {
    if (home[0] != '/') {
        complain("BANGER_HOME must be an absolute path");
        return false;
    }
    return join(places->run, home, "/run") && join(places->state, home, "/state");
}

// Not in XDG_RUNTIME_DIR, which goes with the last session of its user. Elsewhere when the sockets of VMs would have too long names.
static bool run_directory(struct places *places) {
    if (!join(places->run, places->state, "/run")) {
        return false;
    }
    if (strlen(places->run) + strlen("/vm/0123456789ab/control.sock") >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
        snprintf(places->run, sizeof places->run, "/tmp/banger-%u", (unsigned)geteuid());
    }
    return true;
}

static bool in_xdg_directories(struct places *places) {
    const char *state = set_variable("XDG_STATE_HOME");
    if (state != NULL) {
        return join(places->state, state, "/banger") && run_directory(places);
    }
    const char *home = set_variable("HOME");
    if (home == NULL) {
        complain("neither BANGER_HOME nor HOME is set");
        return false;
    }
    return join(places->state, home, "/.local/state/banger") && run_directory(places);
}

bool places_find(struct places *places) {
    const char *home = set_variable("BANGER_HOME");
    if (!(home != NULL ? below_home(places, home) : in_xdg_directories(places))) {
        return false;
    }
    if (!join(places->socket, places->run, "/bangerd.sock") || !join(places->output, places->state, "/log/bangerd.out") ||
        strlen(places->socket) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
        complain("%s is too long for a Unix socket: set BANGER_HOME to a shorter directory", places->run);
        return false;
    }
    return true;
}

bool places_private(const struct places *places) {
    struct stat info;
    if (lstat(places->run, &info) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return true; // the daemon makes it, or says why it cannot
        }
        complain("cannot look at %s: %s", places->run, strerror(errno));
        return false;
    }
    if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077) != 0) {
        complain("%s is not a directory that belongs to you alone: remove it, or make it yours with mode 0700", places->run);
        return false;
    }
    return true;
}
