// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "buffer.h"

#include <stdlib.h>
#include <string.h>

// A buffer that was emptied gives its memory back when it is larger than this.
#define KEEP_CAPACITY ((size_t)64 * 1024)

static bool make_room(struct buffer *buffer, size_t size) {
    if (size > SIZE_MAX / 2 - buffer->length) {
        return false;
    }
    if (buffer->start > 0 && buffer->start + buffer->length + size > buffer->capacity) {
        memmove(buffer->storage, buffer->storage + buffer->start, buffer->length);
        buffer->start = 0;
    }
    size_t needed = buffer->start + buffer->length + size;
    if (needed <= buffer->capacity) {
        return true;
    }
    size_t capacity = buffer->capacity == 0 ? 256 : buffer->capacity;
    while (capacity < needed) {
        capacity *= 2;
    }
    uint8_t *storage = realloc(buffer->storage, capacity);
    if (storage == NULL) {
        return false;
    }
    buffer->storage = storage;
    buffer->capacity = capacity;
    return true;
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t size) {
    if (buffer->failed || !make_room(buffer, size)) {
        buffer->failed = true;
        return NULL;
    }
    // An empty reservation still needs an address that is not NULL.
    if (buffer->storage == NULL && !make_room(buffer, 1)) {
        buffer->failed = true;
        return NULL;
    }
    return buffer->storage + buffer->start + buffer->length;
}

void buffer_commit(struct buffer *buffer, size_t size) {
    buffer->length += size;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t size) {
    uint8_t *room = buffer_reserve(buffer, size);
    if (room == NULL) {
        return false;
    }
    if (size > 0) {
        memcpy(room, bytes, size);
    }
    buffer->length += size;
    return true;
}

void buffer_consume(struct buffer *buffer, size_t size) {
    buffer->start += size;
    buffer->length -= size;
    if (buffer->length > 0) {
        return;
    }
    buffer->start = 0;
    if (buffer->capacity > KEEP_CAPACITY) {
        free(buffer->storage);
        buffer->storage = NULL;
        buffer->capacity = 0;
    }
}

void buffer_truncate(struct buffer *buffer, size_t length) {
    if (length < buffer->length) {
        buffer->length = length;
    }
}

void buffer_free(struct buffer *buffer) {
    free(buffer->storage);
    *buffer = (struct buffer){0};
}
