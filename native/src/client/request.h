// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_REQUEST_H
#define BANGER_REQUEST_H

#include "../common/buffer.h"

#include <stdbool.h>

// Appends the REQUEST frame of command.run for these words: what the daemon has to know of this process.
bool request_append(struct buffer *out, int count, char **words);

#endif
