// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_LOCAL_H
#define BANGER_LOCAL_H

#include "json.h"

// Above every exit status: this process itself was told to end meanwhile, and the rest is the status it shall end with.
#define LOCAL_TOLD_TO_END 0x1000

// Runs the command of a RUN_LOCAL message on this terminal. Its exit status; 128 + the signal's number when one ended it.
// `signals` is the signalfd of this process; SIGCHLD is among its signals.
int local_run(const struct json *command, int signals);

#endif
