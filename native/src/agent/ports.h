// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_PORTS_H
#define BANGER_PORTS_H

#include "../common/buffer.h"

// Appends a LISTENER field for every listening TCP socket and every unconnected, bound UDP socket.
void ports_append(struct buffer *out);

#endif
