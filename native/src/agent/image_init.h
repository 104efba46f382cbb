// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_IMAGE_INIT_H
#define BANGER_IMAGE_INIT_H

#include <stdbool.h>
#include <stddef.h>

#define NO_INIT "none"

// The path of the init that the image brings and has set up, or NO_INIT. The caller's root is the image's.
void image_init_find(char *found, size_t size);

// Whether that init is a systemd with OpenSSH's server as a service, which takes its keys from the configuration disk.
bool image_init_serves_ssh(const char *init);

#endif
