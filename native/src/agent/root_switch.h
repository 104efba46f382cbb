// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_ROOT_SWITCH_H
#define BANGER_ROOT_SWITCH_H

#include <stdbool.h>

// Makes the file system mounted at `path` the root of everything and gives the initramfs's memory back.
bool root_switch(const char *path);

#endif
