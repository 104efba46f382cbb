// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "peer.h"

#include "../src/common/monotonic.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAYLOAD_LIMIT ((uint32_t)16 * 1024 * 1024)

static bool write_all(int fd, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = send(fd, bytes, length, MSG_NOSIGNAL);
        if (count <= 0 && errno != EINTR) {
            return false;
        }
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
    }
    return true;
}

bool peer_send(struct peer *peer, uint32_t stream, uint8_t type, const void *payload, size_t length) {
    struct buffer out = {0};
    bool sent = frame_append(&out, stream, type, payload, length) && write_all(peer->fd, buffer_bytes(&out), out.length);
    buffer_free(&out);
    return sent;
}

bool peer_send_u32(struct peer *peer, uint32_t stream, uint8_t type, uint32_t value) {
    uint8_t payload[4];
    store_u32(payload, value);
    return peer_send(peer, stream, type, payload, sizeof payload);
}

static bool receive(struct peer *peer, int64_t deadline) {
    struct pollfd polled = {.fd = peer->fd, .events = POLLIN};
    if (poll(&polled, 1, poll_timeout(deadline)) <= 0) {
        return false;
    }
    uint8_t *room = buffer_reserve(&peer->in, 65536);
    ssize_t count = room == NULL ? -1 : recv(peer->fd, room, 65536, 0);
    if (count <= 0) {
        return false;
    }
    buffer_commit(&peer->in, (size_t)count);
    return true;
}

static bool read_until(struct peer *peer, int64_t deadline, struct frame *frame) {
    buffer_consume(&peer->in, peer->decoded);
    peer->decoded = 0;
    for (;;) {
        enum frame_status status =
            frame_decode(buffer_bytes(&peer->in), peer->in.length, PAYLOAD_LIMIT, frame, &peer->decoded);
        if (status == FRAME_COMPLETE) {
            return true;
        }
        peer->decoded = 0;
        if (status == FRAME_TOO_LONG || !receive(peer, deadline)) {
            return false;
        }
    }
}

bool peer_read(struct peer *peer, struct frame *frame) {
    return read_until(peer, monotonic_ms() + PATIENCE_MS, frame);
}

bool peer_has_frame(struct peer *peer, int milliseconds) {
    struct frame frame;
    bool has = read_until(peer, monotonic_ms() + milliseconds, &frame);
    peer->decoded = 0; // it stays
    return has;
}

bool peer_read_type(struct peer *peer, uint8_t type, struct frame *frame) {
    while (peer_read(peer, frame)) {
        if (frame->type == type) {
            return true;
        }
    }
    return false;
}

bool peer_is_closed(struct peer *peer) {
    struct frame frame;
    while (peer_read(peer, &frame)) {
    }
    struct pollfd polled = {.fd = peer->fd, .events = POLLIN};
    char byte;
    return poll(&polled, 1, 0) == 1 && recv(peer->fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

void peer_close(struct peer *peer) {
    if (peer->fd >= 0) {
        close(peer->fd);
    }
    buffer_free(&peer->in);
    *peer = (struct peer){.fd = -1};
}

int await_exit(pid_t pid) {
    int64_t deadline = monotonic_ms() + PATIENCE_MS;
    int status;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (monotonic_ms() > deadline) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return -1;
        }
        poll(NULL, 0, 2);
    }
    return status;
}

char *read_all(int fd) {
    struct buffer text = {0};
    ssize_t count;
    do {
        uint8_t *room = buffer_reserve(&text, 4096);
        count = room == NULL ? -1 : read(fd, room, 4096);
        if (count > 0) {
            buffer_commit(&text, (size_t)count);
        }
    } while (count > 0);
    buffer_append(&text, "", 1);
    return (char *)text.storage; // nothing was consumed: it begins there
}

bool await(bool (*condition)(const void *), const void *argument) {
    int64_t deadline = monotonic_ms() + PATIENCE_MS;
    while (!condition(argument)) {
        if (monotonic_ms() > deadline) {
            return false;
        }
        poll(NULL, 0, 5);
    }
    return true;
}
