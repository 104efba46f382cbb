// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_CONFIGURE_H
#define BANGER_CONFIGURE_H

#include <stddef.h>
#include <stdint.h>

// The payload of CONFIGURE. Everything valid is applied; returns the first errno, with a text for a person.
int configure_from_fields(const uint8_t *payload, size_t length, char *text, size_t size);

struct mounts;

// The configuration disk, a ustar archive; `mounts` gets the disks that it has mounted. Returns 0 or an errno with a text; what
// can wait is only written to the console.
int configure_from_disk(int fd, struct mounts *mounts, char *text, size_t size);

#endif
