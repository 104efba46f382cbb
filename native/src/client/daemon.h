// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_DAEMON_H
#define BANGER_DAEMON_H

#include "places.h"

#include <stdbool.h>
#include <sys/types.h>

// A connection to the daemon, or -1 when none answers.
int daemon_connect(const struct places *places);

// A connection to the daemon, started first when none answers; -1 after saying why on standard error.
int daemon_ensure(const struct places *places);

// The process at the other end of a connection, or 0 when that cannot be told.
pid_t daemon_process(int connection);

// Waits until a daemon that was told to stop is gone, so that the next command finds its place free. False after saying that it is not.
bool daemon_await_end(pid_t daemon);

#endif
