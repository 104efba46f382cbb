// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_SSH_AGENT_RELAY_H
#define BANGER_SSH_AGENT_RELAY_H

#include "guest_files.h"

// Where programs of root in the guest find the ssh agent of the host, while a relay serves it.
#define SSH_AGENT_SOCKET BANGER_RUN "/ssh-agent.sock"

#define RELAY_HEADER_SIZE ((size_t)8)
#define RELAY_CLIENTS 16
// Of what a client says, in one frame; and of an answer, which is as large as OpenSSH's agent makes one.
#define RELAY_REQUEST_LIMIT ((size_t)16 * 1024)
#define RELAY_ANSWER_LIMIT ((size_t)256 * 1024 + 4)

// Serves clients of a socket at `path` over stdin and stdout until the input ends or a signal comes (docs/guest-agent.md,
// "The ssh agent"). Returns the exit status.
int ssh_agent_relay(const char *path);

#endif
