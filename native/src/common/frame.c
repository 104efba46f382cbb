// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "frame.h"

enum frame_status frame_decode(const uint8_t *bytes, size_t available, uint32_t limit, struct frame *frame, size_t *size) {
    if (available < 4) {
        return FRAME_INCOMPLETE;
    }
    uint32_t length = load_u32(bytes);
    if (length > limit) {
        return FRAME_TOO_LONG;
    }
    if (available < FRAME_HEADER_SIZE || available - FRAME_HEADER_SIZE < length) {
        return FRAME_INCOMPLETE;
    }
    *frame = (struct frame){
        .stream = load_u32(bytes + 4),
        .type = bytes[8],
        .payload = bytes + FRAME_HEADER_SIZE,
        .length = length,
    };
    *size = FRAME_HEADER_SIZE + length;
    return FRAME_COMPLETE;
}

static bool append_header(struct buffer *out, uint32_t stream, uint8_t type, uint32_t length) {
    uint8_t *header = buffer_reserve(out, FRAME_HEADER_SIZE);
    if (header == NULL) {
        return false;
    }
    store_u32(header, length);
    store_u32(header + 4, stream);
    header[8] = type;
    buffer_commit(out, FRAME_HEADER_SIZE);
    return true;
}

bool frame_append(struct buffer *out, uint32_t stream, uint8_t type, const void *payload, size_t length) {
    if (length > UINT32_MAX || buffer_reserve(out, FRAME_HEADER_SIZE + length) == NULL) {
        return false;
    }
    return append_header(out, stream, type, (uint32_t)length) && buffer_append(out, payload, length);
}

size_t frame_begin(struct buffer *out, uint32_t stream, uint8_t type) {
    size_t mark = out->length;
    append_header(out, stream, type, 0);
    return mark;
}

void frame_end(struct buffer *out, size_t mark) {
    if (out->failed) {
        return;
    }
    store_u32(buffer_bytes(out) + mark, (uint32_t)(out->length - mark - FRAME_HEADER_SIZE));
}
