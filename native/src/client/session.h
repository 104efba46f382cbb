// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_SESSION_H
#define BANGER_SESSION_H

#include "places.h"

// Sends the words as one command.run and relays bytes until it has ended. The exit status of this process.
int session_run(int connection, const struct places *places, int count, char **words);

#endif
