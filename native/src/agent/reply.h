// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_REPLY_H
#define BANGER_REPLY_H

#include "../common/buffer.h"

#include <stdint.h>

// The short frames that the agent sends.
void reply_error(struct buffer *out, uint32_t stream, uint32_t error, const char *text);
// An error of executing the program itself, as opposed to what comes before that.
void reply_program_error(struct buffer *out, uint32_t stream, uint32_t error, const char *text);
void reply_window(struct buffer *out, uint32_t stream, uint32_t credit);

#endif
