// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "daemon.h"

#include "../common/monotonic.h"
#include "complain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// A cold start on a slow machine takes some seconds; beyond this something is wrong.
#define START_LIMIT_MS 60000
#define SHORTEST_PAUSE_MS 2
#define LONGEST_PAUSE_MS 50

int daemon_connect(const struct places *places) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, places->socket, strlen(places->socket) + 1);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) {
        return -1;
    }
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        close(connection);
        return -1;
    }
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || (peer.uid != geteuid() && peer.uid != 0)) {
        close(connection);
        return -1;
    }
    return connection;
}

static bool make_directories(const char *path) {
    char partial[PATH_MAX];
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        memcpy(partial, path, (size_t)(slash - path));
        partial[slash - path] = '\0';
        if (mkdir(partial, 0700) != 0 && errno != EEXIST) {
            complain("cannot make %s: %s", partial, strerror(errno));
            return false;
        }
    }
    return true;
}

// The daemon's program lies beside this one.
static bool find_program(char *program) {
    ssize_t length = readlink("/proc/self/exe", program, PATH_MAX - 1);
    if (length <= 0) {
        return false;
    }
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    static const char name[] = "/bangerd";
    if (slash == NULL || (size_t)(slash - program) + sizeof name > PATH_MAX) {
        return false;
    }
    memcpy(slash, name, sizeof name);
    return true;
}

static _Noreturn void become_daemon(const char *program, int output) {
    setsid();
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    // The daemon is nobody's: it must hold neither this directory nor files that this process inherited.
    if (chdir("/") != 0) {
        _exit(127);
    }
    for (int descriptor = STDERR_FILENO + 1; descriptor < 256; descriptor++) {
        close(descriptor);
    }
    execl(program, program, (char *)NULL);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", program, strerror(errno));
    _exit(127);
}

// Prints what the daemon said since it was started.
static void show_output(const struct places *places, off_t from) {
    int output = open(places->output, O_RDONLY | O_CLOEXEC);
    if (output < 0) {
        return;
    }
    char text[4096];
    ssize_t length = pread(output, text, sizeof text, from);
    if (length > 0) {
        fwrite(text, 1, (size_t)length, stderr);
    }
    close(output);
}

static int await_daemon(const struct places *places, pid_t child, off_t said) {
    int64_t deadline = monotonic_ms() + START_LIMIT_MS;
    int pause = SHORTEST_PAUSE_MS;
    bool ended = false;
    while (monotonic_ms() < deadline) {
        int connection = daemon_connect(places);
        if (connection >= 0) {
            return connection;
        }
        if (ended) {
            complain("the daemon did not start; it said (see %s):", places->output);
            show_output(places, said);
            return -1;
        }
        // Another client may have started one at the same time: then ours ends, and the other answers soon.
        int status;
        if (waitpid(child, &status, WNOHANG) == child) {
            ended = true;
            pause = 500;
        }
        poll(NULL, 0, pause);
        pause = pause * 2 > LONGEST_PAUSE_MS && !ended ? LONGEST_PAUSE_MS : pause * 2;
    }
    complain("the daemon did not answer within %d s; see %s", START_LIMIT_MS / 1000, places->output);
    return -1;
}

int daemon_ensure(const struct places *places) {
    int connection = daemon_connect(places);
    if (connection >= 0) {
        return connection;
    }
    char program[PATH_MAX];
    if (!find_program(program) || !make_directories(places->output)) {
        return -1;
    }
    int output = open(places->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0) {
        complain("cannot write %s: %s", places->output, strerror(errno));
        return -1;
    }
    off_t said = lseek(output, 0, SEEK_END);
    pid_t child = fork();
    if (child == 0) {
        become_daemon(program, output);
    }
    close(output);
    if (child < 0) {
        complain("cannot start the daemon: %s", strerror(errno));
        return -1;
    }
    return await_daemon(places, child, said);
}
