// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_PEER_H
#define BANGER_PEER_H

// The other side of a conversation in frames, and processes that a test starts. Every wait ends at test_deadline.

#include "test.h"

#include "../src/common/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct peer {
    int fd;
    struct buffer in;
    size_t decoded; // of the frame that was handed out last
};

static inline bool await_readable(int fd) {
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    return poll(&polled, 1, poll_timeout(test_deadline)) == 1;
}

// False at the end of the conversation. The payload is there until the next call.
static inline bool peer_next(struct peer *peer, struct frame *frame) {
    buffer_consume(&peer->in, peer->decoded);
    peer->decoded = 0;
    for (;;) {
        enum frame_status status =
            frame_decode(buffer_bytes(&peer->in), peer->in.length, 16 * 1024 * 1024, frame, &peer->decoded);
        CHECK(status != FRAME_TOO_LONG);
        if (status == FRAME_COMPLETE) {
            return true;
        }
        peer->decoded = 0;
        CHECK(await_readable(peer->fd));
        uint8_t *room = buffer_reserve(&peer->in, 65536);
        CHECK(room != NULL);
        ssize_t count = read(peer->fd, room, 65536);
        if (count <= 0) {
            CHECK(count == 0 || errno == ECONNRESET);
            return false;
        }
        buffer_commit(&peer->in, (size_t)count);
    }
}

static inline void peer_send_bytes(const struct peer *peer, const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t count = send(peer->fd, at, length, MSG_NOSIGNAL);
        CHECK(count > 0);
        at += count;
        length -= (size_t)count;
    }
}

static inline void peer_send(const struct peer *peer, uint32_t stream, uint8_t type, const void *payload, size_t length) {
    struct buffer out = {0};
    CHECK(frame_append(&out, stream, type, payload, length));
    peer_send_bytes(peer, buffer_bytes(&out), out.length);
    buffer_free(&out);
}

static inline void peer_send_u32(const struct peer *peer, uint32_t stream, uint8_t type, uint32_t value) {
    uint8_t payload[4];
    store_u32(payload, value);
    peer_send(peer, stream, type, payload, sizeof payload);
}

static inline void peer_close(struct peer *peer) {
    if (peer->fd >= 0) {
        close(peer->fd);
    }
    buffer_free(&peer->in);
    *peer = (struct peer){.fd = -1};
}

static inline int watch_process(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

// The wait status of a child, once it has ended.
static inline int await_child(pid_t *child) {
    int watch = watch_process(*child);
    CHECK(watch >= 0);
    bool ended = await_readable(watch);
    close(watch);
    CHECK(ended);
    int status;
    CHECK(waitpid(*child, &status, 0) == *child);
    *child = 0;
    return status;
}

static inline void end_child(pid_t *child) {
    if (*child > 0) {
        kill(*child, SIGKILL);
        waitpid(*child, NULL, 0);
        *child = 0;
    }
}

#endif
