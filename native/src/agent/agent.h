// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_AGENT_H
#define BANGER_AGENT_H

// The agent's one loop: the link to the host, its streams, and the children behind them.

#include "link.h"
#include "stream.h"

#include "../common/buffer.h"
#include "../common/frame.h"

#include <stdbool.h>
#include <stdint.h>

// Streams at once; more are refused with EAGAIN. With the windows of stream.h this bounds the agent's memory.
#define STREAM_LIMIT 64
// Above this many bytes waiting for the host nothing more is read from commands ...
#define OUTPUT_QUEUE_LIMIT ((size_t)256 * 1024)
// ... and above this many nothing from the host either, because a request makes replies.
#define OUTPUT_QUEUE_MAXIMUM ((size_t)1024 * 1024)

struct agent {
    struct link link;
    bool linked;
    struct buffer in;
    struct buffer out;
    bool synchronized;   // a HELLO was seen and every byte since is understood
    int64_t stalled_at;  // when a partial frame is looked at for a HELLO (see hello.h)
    struct stream *streams;
    size_t stream_count;
    int signals;
    bool in_guest;       // outside a guest the agent must not touch the machine it runs on
    const char *busybox;
    const char *init;    // for HELLO_REPLY
    const struct mounts *mounts; // for STATISTICS; NULL: none
    int64_t power_off_at;      // by force
    int64_t power_signal_at;   // ask init again
};

// Serves until the link ends (LINK_GIVEN) or for ever. Returns the exit status.
int agent_serve(struct agent *agent);

// One frame from the host.
void agent_handle(struct agent *agent, const struct frame *frame);

// Every stream of an earlier connection is hung up and forgotten.
void agent_abandon_streams(struct agent *agent);

struct stream *agent_find_stream(const struct agent *agent, uint32_t id);

// Adds a stream for a child that was started. False without memory.
struct stream *agent_add_stream(struct agent *agent, uint32_t id);

#endif
