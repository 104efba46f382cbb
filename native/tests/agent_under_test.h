// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_AGENT_UNDER_TEST_H
#define BANGER_AGENT_UNDER_TEST_H

#include "peer.h"

struct agent_under_test {
    struct peer host;
    pid_t pid;
    int listener; // or -1
};

// An agent at the other end of a socket pair, after HELLO.
bool agent_start(struct agent_under_test *agent);

// An agent that listens; connect with agent_connect, as often as wanted.
bool agent_start_listening(struct agent_under_test *agent);
bool agent_connect(struct agent_under_test *agent);

// HELLO, and everything up to its reply.
bool agent_greet(struct agent_under_test *agent);

// Hangs up and waits. True when the agent ended well, which includes the sanitizers' opinion.
bool agent_stop(struct agent_under_test *agent);

// EXEC of `sh -c script`; `terminal` or not. All output credit that a test can want, unless `credit` says otherwise.
bool agent_run(struct agent_under_test *agent, uint32_t stream, const char *script, bool terminal, uint32_t credit);

// Everything up to EXIT or ERROR of that stream; output of both kinds in `output` (the caller frees it).
struct outcome {
    char *output;
    size_t length;
    uint8_t last; // GUEST_EXIT, GUEST_ERROR, GUEST_REPLY; 0 when none came
    uint32_t kind;
    uint32_t status;
};

struct outcome agent_collect(struct agent_under_test *agent, uint32_t stream);

// Removes what the agents under test needed on disk.
void forget_fake_busybox(void);

#define ALL_CREDIT ((uint32_t)1 << 30)

#endif
