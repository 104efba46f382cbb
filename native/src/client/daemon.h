// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_DAEMON_H
#define BANGER_DAEMON_H

#include "places.h"

#include <stdbool.h>

// A connection to the daemon, or -1 when none answers.
int daemon_connect(const struct places *places);

// A connection to the daemon, started first when none answers; -1 after saying why on standard error.
int daemon_ensure(const struct places *places);

#endif
