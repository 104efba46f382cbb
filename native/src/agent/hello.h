// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_HELLO_H
#define BANGER_HELLO_H

// Finding the start of a conversation in a byte stream that may begin anywhere.
//
// A virtio-serial port has no connections of its own: when one host process goes and the next comes quickly, the bytes of both
// follow each other, and the first may have stopped inside a frame. So before it is synchronized the agent looks for the nine bytes
// that every HELLO begins with; and a frame that stays incomplete for STALL_MS while the bytes received so far end with a whole HELLO was cut off by a new connection.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A host sends HELLO and then waits. Longer than any pause inside a frame of a host that is alive, short for a person.
#define STALL_MS 250

// Where the first HELLO begins, or how many bytes at the start certainly belong to none.
size_t hello_find(const uint8_t *bytes, size_t length);

// True when the bytes end with one whole HELLO; `*at` is where it begins.
bool hello_at_end(const uint8_t *bytes, size_t length, size_t *at);

#endif
