// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_CHECK_H
#define BANGER_CHECK_H

// The runner: every file of tests offers a table that ends with an entry without a name.

#include <stddef.h>
#include <stdint.h>

struct test {
    const char *name;
    void (*run)(void);
};

extern const struct test buffer_tests[];
extern const struct test frame_tests[];
extern const struct test field_tests[];
extern const struct test hello_tests[];
extern const struct test tar_tests[];
extern const struct test identity_tests[];
extern const struct test json_tests[];
extern const struct test agent_tests[];
extern const struct test agent_stream_tests[];
extern const struct test agent_connection_tests[];
extern const struct test client_tests[];
extern const struct test client_start_tests[];

void check_failed(const char *file, int line, const char *what);

// Ends the test when the condition does not hold.
#define CHECK(condition)                                   \
    do {                                                   \
        if (!(condition)) {                                \
            check_failed(__FILE__, __LINE__, #condition);  \
            return;                                        \
        }                                                  \
    } while (0)

// A random number below `limit`. The seed is printed, and taken from BANGER_TEST_SEED when that is set.
uint32_t random_below(uint32_t limit);
void random_bytes(uint8_t *bytes, size_t size);

// Where the programs under test are.
extern const char *agent_program;
extern const char *client_program;
extern const char *test_program;

#endif
