// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "daemon.h"

#include "../common/monotonic.h"
#include "complain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// A cold start on a slow machine takes some seconds; beyond this something is wrong.
#define START_LIMIT_MS 60000
// It lets what is in flight end first.
#define STOP_LIMIT_MS 40000
// Of a daemon that found another one of this home, which may only be on its way to open its socket.
#define STATUS_ANOTHER_RUNS 75
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

pid_t daemon_process(int connection) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

bool daemon_await_end(pid_t daemon) {
    int64_t deadline = monotonic_ms() + STOP_LIMIT_MS;
    while (daemon > 0 && kill(daemon, 0) == 0) {
        if (monotonic_ms() >= deadline) {
            complain("the daemon (process %d) was told to stop but still runs", (int)daemon);
            return false;
        }
        poll(NULL, 0, 10);
    }
    return true;
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
    close_range(STDERR_FILENO + 1, ~0U, 0);
    execl(program, program, (char *)NULL);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", program, strerror(errno));
    _exit(127);
}

// Prints the end of what the daemon said since it was started.
static void show_output(const struct places *places, off_t from) {
    int output = open(places->output, O_RDONLY | O_CLOEXEC);
    if (output < 0) {
        return;
    }
    char text[4096];
    off_t end = lseek(output, 0, SEEK_END);
    if (end - from > (off_t)sizeof text) {
        from = end - (off_t)sizeof text;
    }
    ssize_t length = pread(output, text, sizeof text, from);
    if (length > 0) {
        fwrite(text, 1, (size_t)length, stderr);
    }
    close(output);
}

struct attempt {
    int64_t deadline;
    int pause;
};

// Between two looks at a condition; false when the time is over.
static bool wait_a_little(struct attempt *attempt) {
    if (monotonic_ms() >= attempt->deadline) {
        return false;
    }
    poll(NULL, 0, attempt->pause);
    attempt->pause = attempt->pause * 2 > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : attempt->pause * 2;
    return true;
}

static int await_daemon(const struct places *places, struct attempt *attempt, pid_t child, off_t said) {
    do {
        int status;
        bool ended = waitpid(child, &status, WNOHANG) == child && !(WIFEXITED(status) && WEXITSTATUS(status) == STATUS_ANOTHER_RUNS);
        int connection = daemon_connect(places);
        if (connection >= 0) {
            return connection;
        }
        if (ended) {
            complain("the daemon did not start; it said (see %s):", places->output);
            show_output(places, said);
            return -1;
        }
    } while (wait_a_little(attempt));
    complain("the daemon did not answer within %d s; see %s", START_LIMIT_MS / 1000, places->output);
    return -1;
}

static int start(const struct places *places, struct attempt *attempt) {
    char program[PATH_MAX];
    if (!find_program(program)) {
        complain("cannot find bangerd beside this program: /proc is not readable");
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
    return await_daemon(places, attempt, child, said);
}

// Of several clients at once one starts the daemon; the others wait for it, and try themselves when it gave up.
static int start_alone(const struct places *places) {
    int lock = open(places->output, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        complain("cannot write %s: %s", places->output, strerror(errno));
        return -1;
    }
    struct attempt attempt = {.deadline = monotonic_ms() + START_LIMIT_MS, .pause = SHORTEST_PAUSE_MS};
    bool locked;
    int connection;
    do {
        locked = flock(lock, LOCK_EX | LOCK_NB) == 0;
        connection = daemon_connect(places);
    } while (!locked && connection < 0 && wait_a_little(&attempt));
    if (connection < 0 && locked) {
        attempt.pause = SHORTEST_PAUSE_MS;
        connection = start(places, &attempt);
    } else if (connection < 0) {
        complain("another banger has been starting the daemon for %d s; see %s", START_LIMIT_MS / 1000, places->output);
    }
    close(lock);
    return connection;
}

int daemon_ensure(const struct places *places) {
    int connection = daemon_connect(places);
    if (connection >= 0) {
        return connection;
    }
    return make_directories(places->output) ? start_alone(places) : -1;
}
