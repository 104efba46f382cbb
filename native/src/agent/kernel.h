// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_KERNEL_H
#define BANGER_KERNEL_H

// What the initramfs asks of the kernel before there is a root: its command line and its modules.

#include <stdbool.h>
#include <stddef.h>

// The value of `name=` on /proc/cmdline, the last one given. False when it is not there.
bool kernel_option(const char *name, char *value, size_t size);

// Loads what /modules/order lists. One that is built in, or present already, is no failure. The first other failure is
// kept for `kernel_module_failure`, which is told when something is missed later.
void kernel_load_modules(void);
const char *kernel_module_failure(void);

#endif
