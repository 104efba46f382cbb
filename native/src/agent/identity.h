// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_IDENTITY_H
#define BANGER_IDENTITY_H

// What makes a guest itself: names, addresses, clock and randomness. Comes from the configuration disk or from CONFIGURE.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMESERVER_LIMIT 8
#define ENTROPY_LIMIT 512

// Empty text: not given.
struct identity {
    char hostname[65]; // HOST_NAME_MAX of Linux is 64
    char address[32];
    char gateway[16];
    char mac[18];
    char nameservers[NAMESERVER_LIMIT][46];
    size_t nameserver_count;
    uint8_t entropy[ENTROPY_LIMIT];
    size_t entropy_size;
    uint64_t clock; // nanoseconds since 1970
    bool has_clock;
};

enum identity_key {
    IDENTITY_HOSTNAME,
    IDENTITY_ADDRESS,
    IDENTITY_GATEWAY,
    IDENTITY_NAMESERVER,
    IDENTITY_MAC,
};

// Checks and takes one value. False when it is not what it should be.
bool identity_set(struct identity *identity, enum identity_key key, const char *value, size_t length);

// Reads the `identity` file of the configuration disk. Returns the first wrong line's number, or 0.
int identity_parse(struct identity *identity, const char *text, size_t length);

// Puts it into effect as far as possible. Returns the first errno, with a text that says what could not be done.
int identity_apply(const struct identity *identity, char *text, size_t size);

#endif
