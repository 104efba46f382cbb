// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_STATISTICS_H
#define BANGER_STATISTICS_H

#include "../common/buffer.h"

struct mounts;

// Appends what STATISTICS is answered with; `mounts` may be NULL. What cannot be found out is left out.
void statistics_append(struct buffer *out, const struct mounts *mounts);

#endif
