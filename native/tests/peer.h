// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_PEER_H
#define BANGER_PEER_H

// The other side of a program under test: frames with deadlines, and the program itself.

#include "../src/common/buffer.h"
#include "../src/common/frame.h"

#include <stdbool.h>
#include <sys/types.h>

// Longer than anything takes on a slow machine under sanitizers; reached only by a failure.
#define PATIENCE_MS 30000

struct peer {
    int fd;
    struct buffer in;
    size_t decoded; // of the frame that was read last
};

bool peer_send(struct peer *peer, uint32_t stream, uint8_t type, const void *payload, size_t length);
bool peer_send_u32(struct peer *peer, uint32_t stream, uint8_t type, uint32_t value);

// The next frame; its payload is valid until the next call. False at the end and after PATIENCE_MS.
bool peer_read(struct peer *peer, struct frame *frame);

// Whether a whole frame arrives within so many milliseconds. For "nothing comes": a short time.
bool peer_has_frame(struct peer *peer, int milliseconds);

// Skips what is not of that type.
bool peer_read_type(struct peer *peer, uint8_t type, struct frame *frame);

// True when the other side has closed.
bool peer_is_closed(struct peer *peer);
void peer_close(struct peer *peer);

// The wait status, or -1 (and the process killed) after PATIENCE_MS.
int await_exit(pid_t pid);

// Reads to the end, as text. The caller frees it.
char *read_all(int fd);

// Waits until `condition` holds, PATIENCE_MS at most.
bool await(bool (*condition)(const void *), const void *argument);

#endif
