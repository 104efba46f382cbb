// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_LOCAL_H
#define BANGER_LOCAL_H

#include "json.h"

// Runs the command of a RUN_LOCAL message on this terminal. Its exit status; 128 + the signal's number when one ended it.
int local_run(const struct json *command);

#endif
