// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "../src/common/buffer.h"
#include "../src/common/fields.h"
#include "../src/common/frame.h"
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// ---- buffer ----

static void buffer_is_a_queue_of_bytes(void) {
    struct buffer buffer = {0};
    uint8_t next_in = 0;
    uint8_t next_out = 0;
    for (int round = 0; round < 2000; round++) {
        uint32_t in = random_below(700);
        for (uint32_t i = 0; i < in; i++) {
            CHECK(buffer_append(&buffer, &next_in, 1));
            next_in++;
        }
        uint32_t out = random_below((uint32_t)buffer.length + 1);
        for (uint32_t i = 0; i < out; i++) {
            CHECK(buffer_bytes(&buffer)[i] == (uint8_t)(next_out + i));
        }
        next_out = (uint8_t)(next_out + out);
        buffer_consume(&buffer, out);
    }
    buffer_free(&buffer);
}

static void buffer_refuses_impossible_sizes(void) {
    struct buffer buffer = {0};
    CHECK(buffer_append(&buffer, "x", 1));
    CHECK(buffer_reserve(&buffer, SIZE_MAX) == NULL);
    CHECK(buffer.failed);
    CHECK(!buffer_append(&buffer, "x", 1));
    buffer_free(&buffer);
    CHECK(!buffer.failed && buffer_append(&buffer, "x", 1));
    buffer_free(&buffer);
}

static void empty_reservation_has_an_address(void) {
    struct buffer buffer = {0};
    CHECK(buffer_reserve(&buffer, 0) != NULL);
    buffer_free(&buffer);
}

const struct test buffer_tests[] = {
    {"buffer_is_a_queue_of_bytes", buffer_is_a_queue_of_bytes},
    {"buffer_refuses_impossible_sizes", buffer_refuses_impossible_sizes},
    {"empty_reservation_has_an_address", empty_reservation_has_an_address},
    {0},
};

// ---- frames ----

static void random_frames_come_out_as_they_went_in(void) {
    uint8_t payload[3000];
    for (int round = 0; round < 500; round++) {
        struct buffer out = {0};
        uint32_t length = random_below(sizeof payload);
        uint32_t stream = random_below(UINT32_MAX);
        uint8_t type = (uint8_t)random_below(256);
        random_bytes(payload, length);
        CHECK(frame_append(&out, stream, type, payload, length));
        struct frame frame;
        size_t size = 0;
        CHECK(frame_decode(buffer_bytes(&out), out.length, length, &frame, &size) == FRAME_COMPLETE);
        CHECK(size == out.length && frame.stream == stream && frame.type == type && frame.length == length);
        CHECK(memcmp(frame.payload, payload, length) == 0);
        // Cut anywhere it is incomplete, never anything else.
        size_t cut = random_below((uint32_t)out.length);
        CHECK(frame_decode(buffer_bytes(&out), cut, length, &frame, &size) == FRAME_INCOMPLETE);
        buffer_free(&out);
    }
}

static void frame_layout_is_the_documented_one(void) {
    struct buffer out = {0};
    CHECK(frame_append(&out, 0x01020304, 0x15, "ab", 2));
    const uint8_t expected[] = {0, 0, 0, 2, 1, 2, 3, 4, 0x15, 'a', 'b'};
    CHECK(out.length == sizeof expected && memcmp(buffer_bytes(&out), expected, sizeof expected) == 0);
    buffer_free(&out);
}

static void frame_over_the_limit_is_told_at_once(void) {
    struct frame frame;
    size_t size;
    const uint8_t hostile[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1};
    CHECK(frame_decode(hostile, 4, 1000, &frame, &size) == FRAME_TOO_LONG);
    CHECK(frame_decode(hostile, 3, 1000, &frame, &size) == FRAME_INCOMPLETE);
    const uint8_t exact[] = {0, 0, 3, 0xe8};
    CHECK(frame_decode(exact, 4, 1000, &frame, &size) == FRAME_INCOMPLETE);
    CHECK(frame_decode(exact, 4, 999, &frame, &size) == FRAME_TOO_LONG);
}

static void frame_written_in_pieces_has_its_length(void) {
    struct buffer out = {0};
    frame_append(&out, 1, 1, "before", 6);
    size_t mark = frame_begin(&out, 9, 7);
    buffer_append(&out, "abc", 3);
    buffer_append(&out, "de", 2);
    frame_end(&out, mark);
    struct frame frame;
    size_t size;
    CHECK(frame_decode(buffer_bytes(&out) + mark, out.length - mark, 100, &frame, &size) == FRAME_COMPLETE);
    CHECK(frame.stream == 9 && frame.type == 7 && frame.length == 5 && memcmp(frame.payload, "abcde", 5) == 0);
    buffer_free(&out);
}

const struct test frame_tests[] = {
    {"random_frames_come_out_as_they_went_in", random_frames_come_out_as_they_went_in},
    {"frame_layout_is_the_documented_one", frame_layout_is_the_documented_one},
    {"frame_over_the_limit_is_told_at_once", frame_over_the_limit_is_told_at_once},
    {"frame_written_in_pieces_has_its_length", frame_written_in_pieces_has_its_length},
    {0},
};

// ---- fields ----

static void random_fields_come_out_as_they_went_in(void) {
    for (int round = 0; round < 300; round++) {
        struct buffer out = {0};
        uint8_t values[8][200];
        uint32_t lengths[8];
        uint8_t tags[8];
        uint32_t count = random_below(9);
        for (uint32_t i = 0; i < count; i++) {
            tags[i] = (uint8_t)random_below(256);
            lengths[i] = random_below(sizeof values[i]);
            random_bytes(values[i], lengths[i]);
            CHECK(field_append(&out, tags[i], values[i], lengths[i]));
        }
        struct field_reader reader = field_reader_over(buffer_bytes(&out), out.length);
        struct field field;
        for (uint32_t i = 0; i < count; i++) {
            CHECK(field_next(&reader, &field) && field.tag == tags[i] && field.length == lengths[i]);
            CHECK(memcmp(field.value, values[i], lengths[i]) == 0);
        }
        CHECK(!field_next(&reader, &field) && !reader.malformed);
        buffer_free(&out);
    }
}

static void garbage_fields_never_reach_past_the_end(void) {
    for (int round = 0; round < 5000; round++) {
        uint32_t length = random_below(60);
        // Its own allocation of that very size, so that the sanitizer sees one byte too many.
        uint8_t *bytes = malloc(length + (length == 0));
        CHECK(bytes != NULL);
        random_bytes(bytes, length);
        for (uint32_t i = 1; i + 4 <= length; i += 5) {
            bytes[i] = bytes[i + 1] = bytes[i + 2] = 0; // mostly possible lengths
        }
        struct field_reader reader = field_reader_over(bytes, length);
        struct field field;
        while (field_next(&reader, &field)) {
            CHECK(field.value + field.length <= bytes + length);
            free(field_text(&field));
        }
        CHECK(reader.malformed || reader.remaining == 0);
        free(bytes);
    }
}

static void truncated_field_is_malformed(void) {
    const uint8_t bytes[] = {1, 0, 0, 0, 3, 'a', 'b', 'c'};
    struct field field;
    struct field_reader whole = field_reader_over(bytes, sizeof bytes);
    CHECK(field_next(&whole, &field) && !field_next(&whole, &field) && !whole.malformed);
    for (size_t length = 1; length < sizeof bytes; length++) {
        struct field_reader cut = field_reader_over(bytes, length);
        CHECK(!field_next(&cut, &field) && cut.malformed);
    }
}

static void text_with_nul_is_refused(void) {
    struct field good = {.tag = 1, .value = (const uint8_t *)"abc", .length = 3};
    struct field bad = {.tag = 1, .value = (const uint8_t *)"a\0c", .length = 3};
    char *text = field_text(&good);
    CHECK(text != NULL && strcmp(text, "abc") == 0);
    free(text);
    CHECK(field_text(&bad) == NULL && errno == EINVAL);
}

const struct test field_tests[] = {
    {"random_fields_come_out_as_they_went_in", random_fields_come_out_as_they_went_in},
    {"garbage_fields_never_reach_past_the_end", garbage_fields_never_reach_past_the_end},
    {"truncated_field_is_malformed", truncated_field_is_malformed},
    {"text_with_nul_is_refused", text_with_nul_is_refused},
    {0},
};
