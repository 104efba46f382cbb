// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_SESSION_H
#define BANGER_SESSION_H

#include "places.h"

// No exit status: the daemon went away before it had read the request, which can be sent to the next one.
#define SESSION_UNHEARD (-1)

// Sends the words as one command.run and relays bytes until it has ended. The exit status of this process, or SESSION_UNHEARD.
int session_run(int connection, const struct places *places, int count, char **words);

#endif
