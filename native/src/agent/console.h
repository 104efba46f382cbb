// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_CONSOLE_H
#define BANGER_CONSOLE_H

// Words for a person who watches the guest's console, where there is one.

// `banger-init: ` + message + newline, on every console.
void console_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The text as it is.
void console_write(const char *text);

// Waits until it has left the machine.
void console_drain(void);

#endif
