// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_TERMINAL_H
#define BANGER_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

// Raw mode of the terminal on standard input. Restored when the process ends, however it ends, short of SIGKILL.
void terminal_raw(bool raw);

// The size of the terminal that standard output, error or input is; false without one.
bool terminal_size(uint16_t *rows, uint16_t *columns);

#endif
