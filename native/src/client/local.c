// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "local.h"

#include "complain.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
    _exit(127);
}

int local_run(const struct json *command) {
    const struct json *words = json_member(command, "argv");
    char **argv = words == NULL || words->kind != JSON_ARRAY ? NULL : argument_vector(words);
    if (argv == NULL) {
        return 127;
    }
    pid_t child = fork();
    if (child == 0) {
        become(argv, json_member(command, "env"));
    }
    free(argv);
    if (child < 0) {
        complain("cannot start a process: %s", strerror(errno));
        return 127;
    }
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return 127;
        }
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
