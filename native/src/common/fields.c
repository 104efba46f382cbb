// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "fields.h"

#include "frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_HEADER_SIZE ((size_t)5)

struct field_reader field_reader_over(const uint8_t *payload, size_t length) {
    return (struct field_reader){.bytes = payload, .remaining = length};
}

bool field_next(struct field_reader *reader, struct field *field) {
    if (reader->remaining == 0 || reader->malformed) {
        return false;
    }
    if (reader->remaining < FIELD_HEADER_SIZE) {
        reader->malformed = true;
        return false;
    }
    uint32_t length = load_u32(reader->bytes + 1);
    if (length > reader->remaining - FIELD_HEADER_SIZE) {
        reader->malformed = true;
        return false;
    }
    *field = (struct field){.tag = reader->bytes[0], .value = reader->bytes + FIELD_HEADER_SIZE, .length = length};
    reader->bytes += FIELD_HEADER_SIZE + length;
    reader->remaining -= FIELD_HEADER_SIZE + length;
    return true;
}

bool field_append(struct buffer *out, uint8_t tag, const void *value, size_t length) {
    if (length > UINT32_MAX) {
        return false;
    }
    uint8_t *header = buffer_reserve(out, FIELD_HEADER_SIZE + length);
    if (header == NULL) {
        return false;
    }
    header[0] = tag;
    store_u32(header + 1, (uint32_t)length);
    if (length > 0) {
        memcpy(header + FIELD_HEADER_SIZE, value, length);
    }
    buffer_commit(out, FIELD_HEADER_SIZE + length);
    return true;
}

bool field_append_text(struct buffer *out, uint8_t tag, const char *text) {
    return field_append(out, tag, text, strlen(text));
}

char *field_text(const struct field *field) {
    if (memchr(field->value, '\0', field->length) != NULL) {
        errno = EINVAL;
        return NULL;
    }
    char *text = malloc((size_t)field->length + 1);
    if (text != NULL) {
        memcpy(text, field->value, field->length);
        text[field->length] = '\0';
    }
    return text;
}
