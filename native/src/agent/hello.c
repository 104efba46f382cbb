// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "hello.h"

#include "guest_protocol.h"

#include "../common/frame.h"

#include <string.h>

#define HELLO_SIZE (FRAME_HEADER_SIZE + HELLO_PAYLOAD_SIZE)

static const uint8_t hello_header[FRAME_HEADER_SIZE] = {0, 0, 0, HELLO_PAYLOAD_SIZE, 0, 0, 0, 0, GUEST_HELLO};

size_t hello_find(const uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length; at++) {
        size_t available = length - at < sizeof hello_header ? length - at : sizeof hello_header;
        if (memcmp(bytes + at, hello_header, available) == 0) {
            return at;
        }
    }
    return length;
}

bool hello_at_end(const uint8_t *bytes, size_t length, size_t *at) {
    if (length < HELLO_SIZE || memcmp(bytes + length - HELLO_SIZE, hello_header, sizeof hello_header) != 0) {
        return false;
    }
    *at = length - HELLO_SIZE;
    return true;
}
