// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "process_one.h"

#include "power.h"

#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

_Noreturn void process_one_serve(void) {
    // What poweroff, halt and reboot of busybox send to process 1, and Ctrl-Alt-Del. Every one ends the machine: a
    // sandbox that restarted itself would only surprise its owner.
    const int endings[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGPWR};
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        sigaddset(&awaited, endings[i]);
    }
    sigprocmask(SIG_BLOCK, &awaited, NULL);
    for (;;) {
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        int received = sigwaitinfo(&awaited, NULL);
        if (received > 0 && received != SIGCHLD) {
            power_off_by_force();
        }
    }
}
