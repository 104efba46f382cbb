// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_FIELDS_H
#define BANGER_FIELDS_H

// Structured payloads of docs/guest-agent.md: a sequence of u8 tag, u32 length, bytes.

#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_tag {
    FIELD_ARGUMENT = 1,
    FIELD_ENVIRONMENT = 2,
    FIELD_DIRECTORY = 3,
    FIELD_USER = 4,
    FIELD_TERMINAL = 5,
    FIELD_PATH = 6,
    FIELD_HOSTNAME = 7,
    FIELD_ADDRESS = 8,
    FIELD_GATEWAY = 9,
    FIELD_NAMESERVER = 10,
    FIELD_CLOCK = 11,
    FIELD_ENTROPY = 12,
    FIELD_MAC = 13,
    FIELD_GRACE = 14,
    FIELD_LISTENER = 15,
    FIELD_BOOT_ID = 16,
    FIELD_AGENT_VERSION = 17,
    FIELD_ERROR_TEXT = 18,
    FIELD_FILE = 19,
    FIELD_INIT = 20,
    FIELD_SIZE = 21,
    FIELD_UPTIME = 22,
    FIELD_MEMORY = 23,
    FIELD_LOAD = 24,
    FIELD_PROCESSES = 25,
    FIELD_PROCESSOR_TIME = 26,
    FIELD_FILE_SYSTEM = 27,
    FIELD_PROGRAM = 28,
};

struct field {
    uint8_t tag;
    const uint8_t *value;
    uint32_t length;
};

struct field_reader {
    const uint8_t *bytes;
    size_t remaining;
    bool malformed; // a length reaches past the end of the payload
};

struct field_reader field_reader_over(const uint8_t *payload, size_t length);

// The next field; false at the end and when the payload is malformed.
bool field_next(struct field_reader *reader, struct field *field);

bool field_append(struct buffer *out, uint8_t tag, const void *value, size_t length);
bool field_append_text(struct buffer *out, uint8_t tag, const char *text);

// A copy as a C string, or NULL with errno EINVAL when the value holds a NUL byte, ENOMEM without memory.
char *field_text(const struct field *field);

#endif
