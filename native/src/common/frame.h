// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_FRAME_H
#define BANGER_FRAME_H

// The frame of docs/protocol.md, which both the daemon's socket and the guest agent speak: u32 payload length, u32 stream,
// u8 type, payload; big-endian.

#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_SIZE ((size_t)9)

struct frame {
    uint32_t stream;
    uint8_t type;
    const uint8_t *payload; // points into the bytes that were decoded
    uint32_t length;
};

enum frame_status {
    FRAME_COMPLETE,
    FRAME_INCOMPLETE,
    FRAME_TOO_LONG,
};

// Decodes the frame at the start of `bytes`. `size` is the size of the whole frame when it is complete. A length over
// `limit` is told as soon as the header is there, so that nobody ever waits for, or makes room for, that many bytes.
enum frame_status frame_decode(const uint8_t *bytes, size_t available, uint32_t limit, struct frame *frame, size_t *size);

bool frame_append(struct buffer *out, uint32_t stream, uint8_t type, const void *payload, size_t length);

// A frame whose payload is appended in pieces between begin and end. Returns the mark that end needs.
size_t frame_begin(struct buffer *out, uint32_t stream, uint8_t type);
void frame_end(struct buffer *out, size_t mark);

static inline uint16_t load_u16(const uint8_t *bytes) {
    return (uint16_t)((uint16_t)bytes[0] << 8 | bytes[1]);
}

static inline uint32_t load_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

static inline uint64_t load_u64(const uint8_t *bytes) {
    return (uint64_t)load_u32(bytes) << 32 | load_u32(bytes + 4);
}

static inline void store_u16(uint8_t *bytes, uint16_t value) {
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static inline void store_u32(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

static inline void store_u64(uint8_t *bytes, uint64_t value) {
    store_u32(bytes, (uint32_t)(value >> 32));
    store_u32(bytes + 4, (uint32_t)value);
}

#endif
