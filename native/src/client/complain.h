// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_COMPLAIN_H
#define BANGER_COMPLAIN_H

// Writes "banger: …" to standard error; the prefix is red on a terminal unless NO_COLOR is set.
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
