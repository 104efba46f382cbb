// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_INIT_H
#define BANGER_INIT_H

// Process 1 of the initramfs: prepares the guest, starts the agent and becomes the image's own init.
int init_main(char **arguments);

#endif
