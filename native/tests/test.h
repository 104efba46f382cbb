// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_TEST_H
#define BANGER_TEST_H

// A test runner: every test is a function, and a CHECK that does not hold ends it.

#include "../src/common/monotonic.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// Longer than anything here takes on a slow machine; waits end long before.
#define TEST_LIMIT_MS 30000

struct test {
    const char *name;
    void (*run)(void);
};

#define TEST(function) {#function, function}
#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            test_fail(__FILE__, __LINE__, #condition); \
        } \
    } while (0)

static jmp_buf test_exit;
static int64_t test_deadline;

static inline _Noreturn void test_fail(const char *file, int line, const char *condition) {
    printf("    %s:%d: %s\n", file, line, condition);
    longjmp(test_exit, 1);
}

static inline bool test_passes(const struct test *test) {
    if (setjmp(test_exit) != 0) {
        return false;
    }
    test_deadline = monotonic_ms() + TEST_LIMIT_MS;
    test->run();
    return true;
}

// Runs all of them, `clean_up` after each. Returns the exit status.
static inline int test_all(const struct test *tests, size_t count, void (*clean_up)(void)) {
    unsigned passed = 0;
    unsigned failed = 0;
    for (size_t i = 0; i < count; i++) {
        bool passes = test_passes(&tests[i]);
        passed += passes ? 1 : 0;
        failed += passes ? 0 : 1;
        if (!passes) {
            printf("FAILED  %s\n", tests[i].name);
        }
        fflush(stdout);
        if (clean_up != NULL) {
            clean_up();
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}

// The same sequence in every run (xorshift64).
struct noise {
    uint64_t state;
};

static inline uint32_t noise_next(struct noise *noise) {
    noise->state ^= noise->state << 13;
    noise->state ^= noise->state >> 7;
    noise->state ^= noise->state << 17;
    return (uint32_t)(noise->state >> 16);
}

static inline uint32_t noise_below(struct noise *noise, uint32_t limit) {
    return noise_next(noise) % limit;
}

#endif
