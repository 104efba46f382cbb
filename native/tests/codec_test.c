// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "test.h"

#include "../src/common/fields.h"
#include "../src/common/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT ((uint32_t)256 * 1024)

// A copy with not a byte more than it needs, so that the sanitizer sees a read beyond it.
static uint8_t *exact_copy(const uint8_t *bytes, size_t length) {
    uint8_t *copy = malloc(length == 0 ? 1 : length);
    CHECK(copy != NULL);
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    return copy;
}

static void fill(struct noise *noise, uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)noise_next(noise);
    }
}

static void frames_survive_a_round_trip(void) {
    struct noise noise = {.state = 0x9e3779b97f4a7c15};
    struct buffer wire = {0};
    for (int round = 0; round < 300; round++) {
        uint8_t payload[3000];
        size_t length = noise_below(&noise, sizeof payload + 1);
        fill(&noise, payload, length);
        uint32_t stream = noise_next(&noise);
        uint8_t type = (uint8_t)noise_next(&noise);
        CHECK(frame_append(&wire, stream, type, payload, length));
        struct frame frame;
        size_t size = 0;
        CHECK(frame_decode(buffer_bytes(&wire), wire.length, LIMIT, &frame, &size) == FRAME_COMPLETE);
        CHECK(size == FRAME_HEADER_SIZE + length && size == wire.length);
        CHECK(frame.stream == stream && frame.type == type && frame.length == length);
        CHECK(memcmp(frame.payload, payload, length) == 0);
        buffer_consume(&wire, size);
    }
    buffer_free(&wire);
}

static void a_frame_has_the_form_of_the_contract(void) {
    static const uint8_t wanted[] = {0, 0, 0, 2, 0x01, 0x02, 0x03, 0x04, 0x1e, 'o', 'k'};
    struct buffer wire = {0};
    CHECK(frame_append(&wire, 0x01020304, 0x1e, "ok", 2));
    CHECK(wire.length == sizeof wanted && memcmp(buffer_bytes(&wire), wanted, sizeof wanted) == 0);
    buffer_free(&wire);
}

static void frames_built_in_pieces_equal_frames_built_at_once(void) {
    struct buffer pieces = {0};
    struct buffer whole = {0};
    CHECK(frame_append(&pieces, 1, 2, "before", 6) && frame_append(&whole, 1, 2, "before", 6));
    size_t mark = frame_begin(&pieces, 7, 9);
    CHECK(buffer_append(&pieces, "ab", 2) && buffer_append(&pieces, "cde", 3));
    frame_end(&pieces, mark);
    CHECK(frame_append(&whole, 7, 9, "abcde", 5));
    CHECK(pieces.length == whole.length && memcmp(buffer_bytes(&pieces), buffer_bytes(&whole), whole.length) == 0);
    buffer_free(&pieces);
    buffer_free(&whole);
}

static void a_truncated_frame_is_incomplete_at_every_length(void) {
    struct buffer wire = {0};
    CHECK(frame_append(&wire, 5, 6, "payload", 7));
    for (size_t length = 0; length <= wire.length; length++) {
        uint8_t *bytes = exact_copy(buffer_bytes(&wire), length);
        struct frame frame;
        size_t size;
        enum frame_status status = frame_decode(bytes, length, LIMIT, &frame, &size);
        free(bytes);
        CHECK(status == (length == wire.length ? FRAME_COMPLETE : FRAME_INCOMPLETE));
    }
    buffer_free(&wire);
}

static void a_length_over_the_limit_is_told_from_the_first_four_bytes(void) {
    static const uint32_t hostile[] = {LIMIT + 1, 0x7fffffff, 0x80000000, 0xfffffff6, 0xffffffff};
    struct frame frame;
    size_t size;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        uint8_t bytes[4];
        store_u32(bytes, hostile[i]);
        CHECK(frame_decode(bytes, sizeof bytes, LIMIT, &frame, &size) == FRAME_TOO_LONG);
        CHECK(frame_decode(bytes, 3, LIMIT, &frame, &size) == FRAME_INCOMPLETE);
    }
    uint8_t longest[4];
    store_u32(longest, LIMIT);
    CHECK(frame_decode(longest, sizeof longest, LIMIT, &frame, &size) == FRAME_INCOMPLETE);
}

static void fields_survive_a_round_trip(void) {
    struct noise noise = {.state = 4711};
    for (int round = 0; round < 200; round++) {
        uint8_t values[8][64];
        uint8_t tags[8];
        uint32_t lengths[8];
        uint32_t count = noise_below(&noise, 9);
        struct buffer wire = {0};
        for (uint32_t i = 0; i < count; i++) {
            tags[i] = (uint8_t)noise_next(&noise);
            lengths[i] = noise_below(&noise, 65);
            fill(&noise, values[i], lengths[i]);
            CHECK(field_append(&wire, tags[i], values[i], lengths[i]));
        }
        struct field_reader reader = field_reader_over(buffer_bytes(&wire), wire.length);
        struct field field;
        for (uint32_t i = 0; i < count; i++) {
            CHECK(field_next(&reader, &field));
            CHECK(field.tag == tags[i] && field.length == lengths[i] && memcmp(field.value, values[i], lengths[i]) == 0);
        }
        CHECK(!field_next(&reader, &field) && !reader.malformed);
        buffer_free(&wire);
    }
}

static void a_cut_field_is_malformed(void) {
    struct buffer wire = {0};
    CHECK(field_append_text(&wire, FIELD_ARGUMENT, "first") && field_append_text(&wire, FIELD_ARGUMENT, "second"));
    size_t first = 5 + strlen("first");
    for (size_t length = 0; length <= wire.length; length++) {
        uint8_t *bytes = exact_copy(buffer_bytes(&wire), length);
        struct field_reader reader = field_reader_over(bytes, length);
        struct field field;
        while (field_next(&reader, &field)) {
        }
        bool malformed = reader.malformed;
        bool again = field_next(&reader, &field);
        free(bytes);
        CHECK(malformed == (length != 0 && length != first && length != wire.length));
        CHECK(!again);
    }
    buffer_free(&wire);
}

static void hostile_field_lengths_never_leave_the_payload(void) {
    static const uint32_t hostile[] = {1, 4, 5, 0x7fffffff, 0x80000000, 0xfffffffb, 0xffffffff};
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        uint8_t bytes[5] = {FIELD_PATH};
        store_u32(bytes + 1, hostile[i]);
        uint8_t *copy = exact_copy(bytes, sizeof bytes);
        struct field_reader reader = field_reader_over(copy, sizeof bytes);
        struct field field;
        bool found = field_next(&reader, &field);
        free(copy);
        CHECK(!found && reader.malformed);
    }
}

static void random_payloads_are_read_within_their_bounds(void) {
    struct noise noise = {.state = 99};
    for (int round = 0; round < 5000; round++) {
        uint8_t bytes[48];
        size_t length = noise_below(&noise, sizeof bytes + 1);
        fill(&noise, bytes, length);
        for (size_t i = 1; i + 2 < length; i += 1 + noise_below(&noise, 6)) {
            bytes[i] = bytes[i + 1] = 0; // most lengths small, so that the reader gets somewhere
        }
        uint8_t *copy = exact_copy(bytes, length);
        struct field_reader reader = field_reader_over(copy, length);
        struct field field;
        size_t read = 0;
        while (field_next(&reader, &field)) {
            read += 5 + field.length;
            char *text = field_text(&field);
            bool has_nul = memchr(field.value, '\0', field.length) != NULL;
            CHECK((text == NULL) == has_nul);
            free(text);
        }
        free(copy);
        CHECK(read <= length && (reader.malformed || read == length));
    }
}

static void text_with_a_nul_byte_is_refused(void) {
    struct field clean = {.tag = FIELD_PATH, .value = (const uint8_t *)"/a/b", .length = 4};
    char *text = field_text(&clean);
    CHECK(text != NULL && strcmp(text, "/a/b") == 0);
    free(text);
    struct field cut = {.tag = FIELD_PATH, .value = (const uint8_t *)"/a\0b", .length = 4};
    errno = 0;
    CHECK(field_text(&cut) == NULL && errno == EINVAL);
}

static void a_buffer_is_a_queue(void) {
    struct noise noise = {.state = 7};
    struct buffer queue = {0};
    uint32_t written = 0;
    uint32_t taken = 0;
    for (int round = 0; round < 20000; round++) {
        uint32_t count = noise_below(&noise, 400);
        if ((noise_next(&noise) & 1) != 0) {
            for (uint32_t i = 0; i < count; i++) {
                uint8_t byte = (uint8_t)(written++ * 31);
                CHECK(buffer_append(&queue, &byte, 1));
            }
        } else {
            count = count > queue.length ? (uint32_t)queue.length : count;
            for (uint32_t i = 0; i < count; i++) {
                CHECK(buffer_bytes(&queue)[i] == (uint8_t)(taken++ * 31));
            }
            buffer_consume(&queue, count);
        }
        CHECK(queue.length == written - taken);
    }
    buffer_free(&queue);
}

static void a_buffer_that_cannot_grow_says_so(void) {
    struct buffer buffer = {0};
    CHECK(buffer_append(&buffer, "x", 1));
    CHECK(buffer_reserve(&buffer, SIZE_MAX - 16) == NULL && buffer.failed);
    CHECK(!buffer_append(&buffer, "y", 1));
    buffer_free(&buffer);
    CHECK(buffer_append(&buffer, "z", 1) && buffer.length == 1);
    buffer_free(&buffer);
}

int main(void) {
    static const struct test tests[] = {
        TEST(frames_survive_a_round_trip),
        TEST(a_frame_has_the_form_of_the_contract),
        TEST(frames_built_in_pieces_equal_frames_built_at_once),
        TEST(a_truncated_frame_is_incomplete_at_every_length),
        TEST(a_length_over_the_limit_is_told_from_the_first_four_bytes),
        TEST(fields_survive_a_round_trip),
        TEST(a_cut_field_is_malformed),
        TEST(hostile_field_lengths_never_leave_the_payload),
        TEST(random_payloads_are_read_within_their_bounds),
        TEST(text_with_a_nul_byte_is_refused),
        TEST(a_buffer_is_a_queue),
        TEST(a_buffer_that_cannot_grow_says_so),
    };
    return test_all(tests, sizeof tests / sizeof tests[0], NULL);
}
