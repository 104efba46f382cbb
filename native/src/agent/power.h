// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_POWER_H
#define BANGER_POWER_H

#include <stdint.h>

struct agent;

// After the reply: asks the image's init to power off; by force when `grace` milliseconds have passed, 0 = at once.
void power_begin(struct agent *agent, uint32_t grace);

// Does what is due now.
void power_step(struct agent *agent);

// Ends every process but this one and process 1, writes everything to disk, makes the disks read-only, ends the machine. Does not return.
_Noreturn void power_off_by_force(void);

// Ends the machine as it is. Does not return.
_Noreturn void machine_end(void);

#endif
