// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "agent_under_test.h"
#include "check.h"
#include "fake_daemon.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *agent_program;
const char *client_program;
const char *test_program;

static bool failed;
static uint64_t state;

void check_failed(const char *file, int line, const char *what) {
    failed = true;
    printf("%s:%d: %s\n", file, line, what);
}

// SplitMix64 (Steele, Lea and Flood, 2014): good enough, and the same everywhere.
static uint64_t next_random(void) {
    uint64_t value = state += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

uint32_t random_below(uint32_t limit) {
    return (uint32_t)(next_random() % limit);
}

void random_bytes(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)next_random();
    }
}

static void choose_seed(void) {
    const char *given = getenv("BANGER_TEST_SEED");
    state = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)state);
}

static void run(const struct test *tests, const char *only, int *passed, int *failures) {
    for (; tests->name != NULL; tests++) {
        if (only != NULL && strstr(tests->name, only) == NULL) {
            continue;
        }
        failed = false;
        tests->run();
        if (failed) {
            printf("FAILED %s\n", tests->name);
        }
        *(failed ? failures : passed) += 1;
        fflush(stdout);
    }
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "--fake-daemon") == 0) {
        return fake_daemon_main();
    }
    if (count < 3) {
        fputs("usage: tests AGENT CLIENT [PART-OF-A-TEST'S-NAME]\n", stderr);
        return 2;
    }
    agent_program = arguments[1];
    client_program = arguments[2];
    test_program = realpath("/proc/self/exe", NULL);
    const char *only = count > 3 ? arguments[3] : NULL;
    const struct test *const groups[] = {
        buffer_tests, frame_tests, field_tests, hello_tests, tar_tests, identity_tests, json_tests,
        agent_tests, agent_stream_tests, agent_connection_tests, client_tests, client_start_tests,
    };
    int passed = 0;
    int failures = 0;
    choose_seed();
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        run(groups[i], only, &passed, &failures);
    }
    forget_fake_busybox();
    free((char *)test_program);
    printf("%d passed, %d failed\n", passed, failures);
    return failures == 0 ? 0 : 1;
}
