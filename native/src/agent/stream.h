// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_STREAM_H
#define BANGER_STREAM_H

// One request in progress that has a child process: the bytes between it and the host, within the credit that each side gave.

#include "command.h"

#include "../common/buffer.h"

#include <stdbool.h>
#include <stdint.h>

// Credit for STDIN that a stream starts with. Fills the host's pipe for a round trip; 64 streams hold 16 MiB at worst.
#define INPUT_WINDOW ((uint32_t)256 * 1024)
// The largest STDOUT or STDERR frame: the virtio-serial driver takes at most 32 KiB a write.
#define OUTPUT_CHUNK ((size_t)32 * 1024)
// As sshd does, a stream ends although a background process still holds its pipes: once the command is gone and this
// long nothing was written.
#define LINGER_MS 500
// From SIGHUP to SIGKILL after CLOSE.
#define CLOSE_GRACE_MS 1000

struct stream {
    struct stream *next;
    uint32_t id;
    struct command command;
    struct process process;
    bool orphaned;     // its connection is gone: nothing is sent any more
    bool replies;      // a helper's: ends with its answer, not with EXIT
    struct helper_answer answer;
    bool started;      // the command runs
    bool exited;       // and has ended
    int wait_status;
    bool input_ended;  // the host sent the end of input
    bool broken;       // the host broke the rules: ERROR was sent
    uint32_t input_credit;  // how much more the host may send
    uint64_t output_credit; // how much more we may send
    struct buffer input;
    int64_t quiet_at; // when LINGER_MS have passed, NEVER while running
    int64_t kill_at;
};

void stream_free(struct stream *stream);

void stream_signal(const struct stream *stream, int signal_number);

// SIGHUP now, SIGKILL later; asking twice changes nothing.
void stream_hang_up(struct stream *stream);

// Nothing more goes to the host or comes from it; the process is hung up.
void stream_abandon(struct stream *stream);

// The time to kill has come: every process of the session.
void stream_kill(struct stream *stream);

// From the host.
bool stream_accept_input(struct stream *stream, const uint8_t *bytes, uint32_t length);
void stream_add_output_credit(struct stream *stream, uint32_t credit);
void stream_resize(const struct stream *stream, uint16_t rows, uint16_t columns);

// When descriptors are ready.
void stream_write_input(struct stream *stream, struct buffer *out);
void stream_read_output(struct stream *stream, int *fd, uint8_t type, struct buffer *out);
void stream_read_status(struct stream *stream, struct buffer *out);

void stream_process_ended(struct stream *stream, int wait_status);

// Sends the last frame when there is nothing left to wait for. True: the stream can be freed.
bool stream_finish(struct stream *stream, struct buffer *out);

// What it waits for.
static inline bool stream_wants_output(const struct stream *stream, int fd) {
    return fd >= 0 && stream->started && stream->output_credit > 0;
}

static inline bool stream_wants_input(const struct stream *stream) {
    return stream->process.input >= 0 && stream->started && stream->input.length > 0;
}

int64_t stream_deadline(const struct stream *stream);

#endif
