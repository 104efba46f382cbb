// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

// Flow control, signals and the ends of streams.

#include "../src/agent/guest_protocol.h"
#include "../src/agent/stream.h"
#include "../src/common/monotonic.h"
#include "agent_under_test.h"
#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void input_is_echoed_within_its_window(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "cat", false, ALL_CREDIT));
    const size_t total = 2000000;
    uint8_t *sent = malloc(total);
    CHECK(sent != NULL);
    random_bytes(sent, total);
    size_t in = 0;
    size_t out = 0;
    size_t credit = 0;
    struct frame frame;
    while (out < total) {
        while (in < total && credit > 0) {
            size_t size = 1 + random_below(60000);
            size = size > credit ? credit : size;
            size = size > total - in ? total - in : size;
            CHECK(peer_send(&agent.host, 1, GUEST_STDIN, sent + in, size));
            in += size;
            credit -= size;
        }
        CHECK(peer_read(&agent.host, &frame));
        if (frame.type == GUEST_WINDOW) {
            credit += load_u32(frame.payload);
            CHECK(credit <= INPUT_WINDOW);
        } else {
            CHECK(frame.type == GUEST_STDOUT && frame.length <= OUTPUT_CHUNK && memcmp(frame.payload, sent + out, frame.length) == 0);
            out += frame.length;
        }
    }
    free(sent);
    CHECK(peer_send(&agent.host, 1, GUEST_STDIN, NULL, 0));
    struct outcome outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_EXIT && outcome.status == 0);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static void output_never_exceeds_its_credit(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "head -c 200000 /dev/zero; head -c 50000 /dev/zero >&2", false, 0));
    size_t received = 0;
    struct frame frame;
    CHECK(peer_read_type(&agent.host, GUEST_WINDOW, &frame));
    CHECK(!peer_has_frame(&agent.host, 50)); // no credit, nothing
    for (;;) {
        uint32_t credit = 1 + random_below(20000);
        CHECK(peer_send_u32(&agent.host, 1, GUEST_WINDOW, credit));
        while (credit > 0 && received < 250000) {
            CHECK(peer_read(&agent.host, &frame));
            CHECK((frame.type == GUEST_STDOUT || frame.type == GUEST_STDERR) && frame.length > 0 && frame.length <= credit);
            credit -= frame.length;
            received += frame.length;
        }
        if (received == 250000) {
            break;
        }
    }
    CHECK(peer_read(&agent.host, &frame) && frame.type == GUEST_EXIT);
    CHECK(agent_stop(&agent));
}

static void exit_needs_no_credit_without_output(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "exit 4", false, 0));
    struct outcome outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_EXIT && outcome.status == 4);
    free(outcome.output);
    // But output that waits for credit comes before EXIT.
    CHECK(agent_run(&agent, 2, "echo late", false, 0));
    struct frame frame;
    CHECK(peer_read_type(&agent.host, GUEST_WINDOW, &frame));
    CHECK(!peer_has_frame(&agent.host, 50));
    CHECK(peer_send_u32(&agent.host, 2, GUEST_WINDOW, 100));
    outcome = agent_collect(&agent, 2);
    CHECK(outcome.last == GUEST_EXIT && strcmp(outcome.output, "late\n") == 0);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static void stalled_stream_holds_up_no_other(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    // One that nobody reads from, one that reads nothing of what it was sent.
    CHECK(agent_run(&agent, 1, "cat /dev/zero", false, 1000));
    CHECK(agent_run(&agent, 2, "sleep 1000", false, ALL_CREDIT));
    struct frame frame;
    do {
        CHECK(peer_read_type(&agent.host, GUEST_WINDOW, &frame));
    } while (frame.stream != 2);
    static uint8_t filling[INPUT_WINDOW / 2];
    CHECK(peer_send(&agent.host, 2, GUEST_STDIN, filling, sizeof filling));
    for (uint32_t stream = 10; stream < 20; stream++) {
        CHECK(agent_run(&agent, stream, "echo alive", false, ALL_CREDIT));
        struct outcome outcome = agent_collect(&agent, stream);
        CHECK(outcome.last == GUEST_EXIT && strcmp(outcome.output, "alive\n") == 0);
        free(outcome.output);
    }
    CHECK(agent_stop(&agent));
}

static void input_beyond_the_window_ends_the_stream(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "sleep 1000", false, ALL_CREDIT));
    static uint8_t flood[200000];
    for (int i = 0; i < 3; i++) {
        CHECK(peer_send(&agent.host, 1, GUEST_STDIN, flood, sizeof flood));
    }
    struct outcome outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_ERROR && outcome.kind == EPROTO);
    free(outcome.output);
    CHECK(agent_run(&agent, 1, "echo again", false, ALL_CREDIT)); // the number is free at once
    outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_EXIT && strcmp(outcome.output, "again\n") == 0);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static void input_of_a_command_that_does_not_read_is_lost(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "exec <&-; echo closed; read x </dev/tty; sleep 0.2; exit 6", false, ALL_CREDIT));
    struct frame frame;
    CHECK(peer_read_type(&agent.host, GUEST_STDOUT, &frame));
    CHECK(peer_send(&agent.host, 1, GUEST_STDIN, "lost", 4));
    struct outcome outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_EXIT && outcome.status == 6);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static bool wait_for_text(struct agent_under_test *agent, const char *text) {
    struct frame frame;
    return peer_read_type(&agent->host, GUEST_STDOUT, &frame) && memmem(frame.payload, frame.length, text, strlen(text)) != NULL;
}

static void signal_reaches_the_process_group(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "trap 'echo caught; exit 9' USR1; echo ready; while :; do sleep 0.05; done", false, ALL_CREDIT));
    CHECK(wait_for_text(&agent, "ready"));
    CHECK(peer_send_u32(&agent.host, 1, GUEST_SIGNAL, 4242)); // no such signal: reported, nothing else
    struct frame frame;
    CHECK(peer_read(&agent.host, &frame) && frame.type == GUEST_ERROR && frame.stream == 0);
    CHECK(peer_send_u32(&agent.host, 1, GUEST_SIGNAL, SIGUSR1));
    struct outcome outcome = agent_collect(&agent, 1);
    // The sleep of the group may say that it was ended.
    CHECK(outcome.last == GUEST_EXIT && outcome.status == 9 && strstr(outcome.output, "caught") != NULL);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static void close_hangs_up_and_kills_what_resists(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "echo ready; sleep 1000", false, ALL_CREDIT));
    CHECK(wait_for_text(&agent, "ready") && peer_send(&agent.host, 1, GUEST_CLOSE, NULL, 0));
    struct outcome outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_EXIT && outcome.kind == 1 && outcome.status == SIGHUP);
    free(outcome.output);
    CHECK(agent_run(&agent, 2, "trap '' HUP; echo ready; while :; do sleep 0.05; done", false, ALL_CREDIT));
    CHECK(wait_for_text(&agent, "ready") && peer_send(&agent.host, 2, GUEST_CLOSE, NULL, 0));
    int64_t before = monotonic_ms();
    outcome = agent_collect(&agent, 2);
    CHECK(outcome.last == GUEST_EXIT && outcome.kind == 1 && outcome.status == SIGKILL);
    CHECK(monotonic_ms() - before >= CLOSE_GRACE_MS - 50);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static void background_process_does_not_hold_the_stream(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "echo before; sleep 1000 & exit 5", false, ALL_CREDIT));
    int64_t before = monotonic_ms();
    struct outcome outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_EXIT && outcome.status == 5 && strcmp(outcome.output, "before\n") == 0);
    CHECK(monotonic_ms() - before >= LINGER_MS - 50);
    free(outcome.output);
    CHECK(agent_run(&agent, 2, "(sleep 0.2; echo after) & exit 0", false, ALL_CREDIT)); // within that time it is still heard
    outcome = agent_collect(&agent, 2);
    CHECK(outcome.last == GUEST_EXIT && strcmp(outcome.output, "after\n") == 0);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static void too_many_streams_are_refused(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    for (uint32_t stream = 1; stream <= 64; stream++) {
        CHECK(agent_run(&agent, stream, "read x", false, 0));
    }
    CHECK(agent_run(&agent, 65, "true", false, 0));
    struct outcome outcome = agent_collect(&agent, 65);
    CHECK(outcome.last == GUEST_ERROR && outcome.kind == EAGAIN);
    free(outcome.output);
    CHECK(peer_send(&agent.host, 64, GUEST_STDIN, NULL, 0));
    outcome = agent_collect(&agent, 64);
    CHECK(outcome.last == GUEST_EXIT);
    free(outcome.output);
    CHECK(agent_run(&agent, 65, "exit 2", false, 0));
    outcome = agent_collect(&agent, 65);
    CHECK(outcome.last == GUEST_EXIT && outcome.status == 2);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

const struct test agent_stream_tests[] = {
    {"input_is_echoed_within_its_window", input_is_echoed_within_its_window},
    {"output_never_exceeds_its_credit", output_never_exceeds_its_credit},
    {"exit_needs_no_credit_without_output", exit_needs_no_credit_without_output},
    {"stalled_stream_holds_up_no_other", stalled_stream_holds_up_no_other},
    {"input_beyond_the_window_ends_the_stream", input_beyond_the_window_ends_the_stream},
    {"input_of_a_command_that_does_not_read_is_lost", input_of_a_command_that_does_not_read_is_lost},
    {"signal_reaches_the_process_group", signal_reaches_the_process_group},
    {"close_hangs_up_and_kills_what_resists", close_hangs_up_and_kills_what_resists},
    {"background_process_does_not_hold_the_stream", background_process_does_not_hold_the_stream},
    {"too_many_streams_are_refused", too_many_streams_are_refused},
    {0},
};
