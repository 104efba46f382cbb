// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "reply.h"

#include "guest_protocol.h"

#include "../common/fields.h"
#include "../common/frame.h"

static size_t begin_error(struct buffer *out, uint32_t stream, uint32_t error, const char *text) {
    uint8_t number[4];
    store_u32(number, error);
    size_t mark = frame_begin(out, stream, GUEST_ERROR);
    buffer_append(out, number, sizeof number);
    field_append_text(out, FIELD_ERROR_TEXT, text);
    return mark;
}

void reply_error(struct buffer *out, uint32_t stream, uint32_t error, const char *text) {
    frame_end(out, begin_error(out, stream, error, text));
}

void reply_program_error(struct buffer *out, uint32_t stream, uint32_t error, const char *text) {
    size_t mark = begin_error(out, stream, error, text);
    field_append_text(out, FIELD_PROGRAM, "");
    frame_end(out, mark);
}

void reply_window(struct buffer *out, uint32_t stream, uint32_t credit) {
    uint8_t number[4];
    store_u32(number, credit);
    frame_append(out, stream, GUEST_WINDOW, number, sizeof number);
}
