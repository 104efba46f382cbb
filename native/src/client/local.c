// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "local.h"

#include "complain.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

// As of a shell that cannot run a command.
#define STATUS_CANNOT_RUN 127

static char **argument_vector(const struct json *words) {
    size_t count = 0;
    for (const struct json *word = words->first; word != NULL; word = word->next) {
        if (word->kind != JSON_STRING) {
            return NULL;
        }
        count++;
    }
    char **argv = count == 0 ? NULL : calloc(count + 1, sizeof *argv);
    size_t i = 0;
    for (const struct json *word = words->first; argv != NULL && word != NULL; word = word->next) {
        argv[i++] = word->text;
    }
    return argv;
}

static _Noreturn void become(char **argv, const struct json *environment) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGWINCH, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (const struct json *variable = environment == NULL ? NULL : environment->first; variable != NULL; variable = variable->next) {
        if (variable->kind == JSON_STRING && variable->name != NULL) {
            setenv(variable->name, variable->text, 1);
        }
    }
    execvp(argv[0], argv);
    complain("cannot run %s: %s", argv[0], strerror(errno));
    _exit(STATUS_CANNOT_RUN);
}

// Ctrl-C on the terminal is for the command that runs there, and this process must outlive it. What asks this process
// itself to end is passed on; the return value is the signal's number, or 0.
static int take_signals(int signals, pid_t child) {
    int told_to_end = 0;
    struct signalfd_siginfo pending;
    while (read(signals, &pending, sizeof pending) == (ssize_t)sizeof pending) {
        int number = (int)pending.ssi_signo;
        if (number == SIGTERM || number == SIGHUP) {
            kill(child, number);
            told_to_end = number;
        }
    }
    return told_to_end;
}

static int await(pid_t child, int signals) {
    int told_to_end = 0;
    for (;;) {
        int status;
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child && told_to_end != 0) {
            return LOCAL_TOLD_TO_END + 128 + told_to_end;
        }
        if (ended == child) {
            return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        }
        if (ended < 0 && errno != EINTR) {
            return STATUS_CANNOT_RUN;
        }
        struct pollfd polled = {.fd = signals, .events = POLLIN};
        poll(&polled, 1, -1);
        int number = take_signals(signals, child);
        told_to_end = number != 0 ? number : told_to_end;
    }
}

int local_run(const struct json *command, int signals) {
    const struct json *words = json_member(command, "argv");
    char **argv = words == NULL || words->kind != JSON_ARRAY ? NULL : argument_vector(words);
    if (argv == NULL) {
        return STATUS_CANNOT_RUN;
    }
    pid_t child = fork();
    if (child == 0) {
        become(argv, json_member(command, "env"));
    }
    free(argv);
    if (child < 0) {
        complain("cannot start a process: %s", strerror(errno));
        return STATUS_CANNOT_RUN;
    }
    return await(child, signals);
}
