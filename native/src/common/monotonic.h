// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_MONOTONIC_H
#define BANGER_MONOTONIC_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

// Milliseconds of the monotonic clock. NEVER is later than every deadline.
#define NEVER INT64_MAX

static inline int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// What poll(2) must be given so that it returns at the deadline.
static inline int poll_timeout(int64_t deadline) {
    if (deadline == NEVER) {
        return -1;
    }
    int64_t left = deadline - monotonic_ms();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

#endif
