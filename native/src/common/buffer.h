// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_BUFFER_H
#define BANGER_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A queue of bytes: written at the end, consumed at the start. When memory runs out, `failed` stays set and what was
// appended since is lost, so that a caller may check once after several appends.
struct buffer {
    uint8_t *storage;
    size_t start;
    size_t length;
    size_t capacity;
    bool failed;
};

static inline uint8_t *buffer_bytes(const struct buffer *buffer) {
    return buffer->storage == NULL ? NULL : buffer->storage + buffer->start;
}

// Room for `size` more bytes at the end, or NULL. They count only once committed.
uint8_t *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_commit(struct buffer *buffer, size_t size);
bool buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_consume(struct buffer *buffer, size_t size);
void buffer_truncate(struct buffer *buffer, size_t length);
void buffer_free(struct buffer *buffer);

#endif
