// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_SESSION_H
#define BANGER_SESSION_H

#include <stdbool.h>

// No exit status: the daemon went away before it had read the request, which can be sent to the next one.
#define SESSION_UNHEARD (-1)

// No exit status: the daemon went away after it had read the request and before it answered.
#define SESSION_LOST (-2)

// Sends the words as one command.run and relays bytes until it has ended. To the patient a daemon that refuses because it leaves is lost,
// too. The exit status of this process, or one of the above.
int session_run(int connection, bool patient, int count, char **words);

#endif
