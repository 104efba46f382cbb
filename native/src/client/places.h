// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_PLACES_H
#define BANGER_PLACES_H

#include <limits.h>
#include <stdbool.h>

// Where this user's daemon is to be found: the rules of docs/protocol.md.
struct places {
    char run[PATH_MAX];
    char socket[PATH_MAX];
    char state[PATH_MAX];
    char output[PATH_MAX]; // what the daemon wrote before it could log
};

// False after saying why on standard error.
bool places_find(struct places *places);

// Whether the run directory, when it exists, is ours alone. False after saying why on standard error.
bool places_private(const struct places *places);

#endif
