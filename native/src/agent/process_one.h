// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_PROCESS_ONE_H
#define BANGER_PROCESS_ONE_H

// Process 1 of a guest whose image has no init: reaps orphans and ends the machine when it is asked to.
_Noreturn void process_one_serve(void);

#endif
