// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

// What the agent does with single requests.

#include "../src/agent/guest_protocol.h"
#include "../src/common/fields.h"
#include "agent_under_test.h"
#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Runs the script and says whether it ended that way with that output.
static bool ends(struct agent_under_test *agent, const char *script, uint32_t kind, uint32_t status, const char *output) {
    bool sent = agent_run(agent, 1, script, false, ALL_CREDIT);
    struct outcome outcome = agent_collect(agent, 1);
    bool matches = sent && outcome.last == GUEST_EXIT && outcome.kind == kind && outcome.status == status
        && strcmp(outcome.output, output) == 0;
    if (!matches) {
        printf("  %s: frame 0x%x, kind %u, status %u, output %s\n", script, outcome.last, outcome.kind, outcome.status, outcome.output);
    }
    free(outcome.output);
    return matches;
}

static void commands_end_with_their_status(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(ends(&agent, "echo hello", 0, 0, "hello\n"));
    CHECK(ends(&agent, "echo oops >&2; exit 7", 0, 7, "oops\n"));
    CHECK(ends(&agent, "kill -TERM $$", 1, SIGTERM, ""));
    CHECK(ends(&agent, "kill -KILL $$", 1, SIGKILL, ""));
    CHECK(ends(&agent, "exit 255", 0, 255, ""));
    CHECK(agent_stop(&agent));
}

static uint32_t exec_error(struct agent_under_test *agent, const struct buffer *payload) {
    peer_send(&agent->host, 3, GUEST_EXEC, buffer_bytes(payload), payload->length);
    peer_send_u32(&agent->host, 3, GUEST_WINDOW, ALL_CREDIT);
    struct outcome outcome = agent_collect(agent, 3);
    free(outcome.output);
    return outcome.last == GUEST_ERROR ? outcome.kind : outcome.last == GUEST_EXIT ? 0 : UINT32_MAX;
}

static void what_cannot_be_started_is_an_error(void) {
    static const struct {
        uint8_t tag;
        const char *value;
        uint32_t error;
    } cases[] = {
        {0, "", 0}, // as it is, it runs
        {FIELD_DIRECTORY, "/", 0},
        {FIELD_DIRECTORY, "/does/not/exist", ENOENT},
        {FIELD_DIRECTORY, "relative", EINVAL},
        {FIELD_USER, "no-such-user", ENOENT},
        {FIELD_USER, "a:b", EINVAL},
        {FIELD_ENVIRONMENT, "A=b", 0},
        {FIELD_ENVIRONMENT, "no assignment", EINVAL},
        {FIELD_ENVIRONMENT, "=x", EINVAL},
        {FIELD_TERMINAL, "xy", EINVAL},
        {99, "of a later version", 0},
    };
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer payload = {0};
        field_append_text(&payload, FIELD_ARGUMENT, "true");
        if (cases[i].tag != 0) {
            field_append_text(&payload, cases[i].tag, cases[i].value);
        }
        uint32_t error = exec_error(&agent, &payload);
        buffer_free(&payload);
        CHECK(error == cases[i].error);
    }
    struct buffer payload = {0};
    CHECK(exec_error(&agent, &payload) == EINVAL); // no ARGUMENT
    field_append_text(&payload, FIELD_ARGUMENT, "/does/not/exist");
    CHECK(exec_error(&agent, &payload) == ENOENT);
    buffer_free(&payload);
    field_append_text(&payload, FIELD_ARGUMENT, "/");
    CHECK(exec_error(&agent, &payload) == EACCES);
    buffer_free(&payload);
    field_append(&payload, FIELD_ARGUMENT, "a\0b", 3);
    CHECK(exec_error(&agent, &payload) == EINVAL);
    buffer_free(&payload);
    CHECK(agent_stop(&agent));
}

static void environment_is_a_login_s_with_what_was_given(void) {
    struct agent_under_test agent;
    setenv("OF_THE_AGENT", "1", 1);
    bool started = agent_start(&agent);
    unsetenv("OF_THE_AGENT");
    CHECK(started);
    struct buffer payload = {0};
    field_append_text(&payload, FIELD_ARGUMENT, "sh");
    field_append_text(&payload, FIELD_ARGUMENT, "-c");
    field_append_text(&payload, FIELD_ARGUMENT, "echo \"$HOME|$GIVEN|${PATH:+path}|${LOGNAME:+name}|${OF_THE_AGENT-unset}|$PWD\"");
    field_append_text(&payload, FIELD_ENVIRONMENT, "HOME=/elsewhere");
    field_append_text(&payload, FIELD_ENVIRONMENT, "GIVEN=a=b c");
    field_append_text(&payload, FIELD_DIRECTORY, "/usr");
    peer_send(&agent.host, 1, GUEST_EXEC, buffer_bytes(&payload), payload.length);
    peer_send_u32(&agent.host, 1, GUEST_WINDOW, ALL_CREDIT);
    buffer_free(&payload);
    struct outcome outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_EXIT && strcmp(outcome.output, "/elsewhere|a=b c|path|name|unset|/usr\n") == 0);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static void terminal_has_its_size_and_is_resized(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "stty size; trap 'stty size; exit 3' WINCH; echo ready; while :; do read line; done", true, ALL_CREDIT));
    struct frame frame;
    struct buffer seen = {0};
    while (seen.length == 0 || memmem(buffer_bytes(&seen), seen.length, "ready", 5) == NULL) {
        CHECK(peer_read_type(&agent.host, GUEST_STDOUT, &frame));
        buffer_append(&seen, frame.payload, frame.length);
    }
    CHECK(memmem(buffer_bytes(&seen), seen.length, "30 100", 6) != NULL);
    buffer_free(&seen);
    CHECK(peer_send(&agent.host, 1, GUEST_RESIZE, "\0\050\0\120", 4)); // 40 rows, 80 columns
    // dash runs the trap only once `read` has returned.
    CHECK(peer_send(&agent.host, 1, GUEST_STDIN, "\n", 1));
    struct outcome outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_EXIT && outcome.status == 3 && strstr(outcome.output, "40 80") != NULL);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static void end_of_input_reaches_a_terminal_too(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "tty >/dev/null && cat; echo status $?", true, ALL_CREDIT));
    struct frame frame;
    CHECK(peer_read_type(&agent.host, GUEST_WINDOW, &frame));
    CHECK(peer_send(&agent.host, 1, GUEST_STDIN, "line\n", 5) && peer_send(&agent.host, 1, GUEST_STDIN, NULL, 0));
    struct outcome outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_EXIT && outcome.status == 0 && strstr(outcome.output, "status 0") != NULL);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static void files_go_in_and_come_out_as_tar(void) {
    char directory[] = "/tmp/banger-test-XXXXXX";
    CHECK(mkdtemp(directory) != NULL);
    char path[128];
    char script[512];
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    snprintf(script, sizeof script, "mkdir %s/one && echo content > %s/one/file && tar -c -C %s one | od -An -v -tx1 | tr -d ' \\n'", directory, directory, directory);
    CHECK(agent_run(&agent, 1, script, false, ALL_CREDIT));
    struct outcome hex = agent_collect(&agent, 1);
    CHECK(hex.last == GUEST_EXIT && hex.length > 2048);
    struct buffer archive = {0};
    for (size_t i = 0; i + 1 < hex.length; i += 2) {
        char pair[3] = {hex.output[i], hex.output[i + 1], '\0'};
        uint8_t byte = (uint8_t)strtoul(pair, NULL, 16);
        buffer_append(&archive, &byte, 1);
    }
    free(hex.output);

    struct buffer payload = {0};
    snprintf(path, sizeof path, "%s/new/below", directory);
    field_append_text(&payload, FIELD_PATH, path);
    CHECK(peer_send(&agent.host, 2, GUEST_PUT, buffer_bytes(&payload), payload.length));
    CHECK(peer_send_u32(&agent.host, 2, GUEST_WINDOW, ALL_CREDIT));
    struct frame frame;
    CHECK(peer_read_type(&agent.host, GUEST_WINDOW, &frame) && load_u32(frame.payload) >= archive.length);
    CHECK(peer_send(&agent.host, 2, GUEST_STDIN, buffer_bytes(&archive), archive.length));
    CHECK(peer_send(&agent.host, 2, GUEST_STDIN, NULL, 0));
    struct outcome put = agent_collect(&agent, 2);
    CHECK(put.last == GUEST_EXIT && put.status == 0);
    free(put.output);
    buffer_free(&archive);
    buffer_free(&payload);

    snprintf(path, sizeof path, "%s/new/below/one", directory);
    field_append_text(&payload, FIELD_PATH, path);
    CHECK(peer_send(&agent.host, 3, GUEST_GET, buffer_bytes(&payload), payload.length));
    CHECK(peer_send_u32(&agent.host, 3, GUEST_WINDOW, ALL_CREDIT));
    struct outcome got = agent_collect(&agent, 3);
    CHECK(got.last == GUEST_EXIT && got.status == 0 && strcmp(got.output, "one/") == 0);
    CHECK(memmem(got.output, got.length, "one/file", 8) != NULL && memmem(got.output, got.length, "content\n", 8) != NULL);
    free(got.output);
    field_append_text(&payload, FIELD_PATH, "/etc/passwd"); // not below the first's parent
    CHECK(peer_send(&agent.host, 4, GUEST_GET, buffer_bytes(&payload), payload.length));
    struct outcome refused = agent_collect(&agent, 4);
    CHECK(refused.last == GUEST_ERROR && refused.kind == EINVAL);
    free(refused.output);
    buffer_free(&payload);
    snprintf(script, sizeof script, "rm -r %s", directory);
    CHECK(ends(&agent, script, 0, 0, ""));
    CHECK(agent_stop(&agent));
}

static void short_requests_are_answered(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    struct frame frame;
    CHECK(peer_send(&agent.host, 5, GUEST_PING, "abc", 3) && peer_read(&agent.host, &frame));
    CHECK(frame.stream == 5 && frame.type == GUEST_REPLY && frame.length == 3 && memcmp(frame.payload, "abc", 3) == 0);
    uint8_t long_ping[PING_LIMIT + 1] = {0};
    CHECK(peer_send(&agent.host, 6, GUEST_PING, long_ping, sizeof long_ping) && peer_read(&agent.host, &frame));
    CHECK(frame.type == GUEST_ERROR && load_u32(frame.payload) == EINVAL);
    CHECK(peer_send(&agent.host, 7, GUEST_SYNC, NULL, 0) && peer_read(&agent.host, &frame));
    CHECK(frame.stream == 7 && frame.type == GUEST_REPLY && frame.length == 0);
    CHECK(peer_send(&agent.host, 8, GUEST_PORTS, NULL, 0) && peer_read(&agent.host, &frame));
    CHECK(frame.stream == 8 && frame.type == GUEST_REPLY);
    struct field_reader reader = field_reader_over(frame.payload, frame.length);
    struct field field;
    while (field_next(&reader, &field)) {
        CHECK(field.tag == FIELD_LISTENER && (memcmp(field.value, "tcp", 3) == 0 || memcmp(field.value, "udp", 3) == 0));
    }
    CHECK(!reader.malformed);
    CHECK(agent_stop(&agent));
}

static void agent_outside_a_guest_spares_the_machine(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    struct frame frame;
    CHECK(peer_send(&agent.host, 1, GUEST_POWER_OFF, NULL, 0) && peer_read(&agent.host, &frame));
    CHECK(frame.type == GUEST_ERROR && load_u32(frame.payload) == EPERM);
    CHECK(peer_send(&agent.host, 1, GUEST_CONFIGURE, "\007\0\0\0\001x", 6) && peer_read(&agent.host, &frame));
    CHECK(frame.type == GUEST_ERROR && load_u32(frame.payload) == EPERM);
    CHECK(agent_stop(&agent));
}

const struct test agent_tests[] = {
    {"commands_end_with_their_status", commands_end_with_their_status},
    {"what_cannot_be_started_is_an_error", what_cannot_be_started_is_an_error},
    {"environment_is_a_login_s_with_what_was_given", environment_is_a_login_s_with_what_was_given},
    {"terminal_has_its_size_and_is_resized", terminal_has_its_size_and_is_resized},
    {"end_of_input_reaches_a_terminal_too", end_of_input_reaches_a_terminal_too},
    {"files_go_in_and_come_out_as_tar", files_go_in_and_come_out_as_tar},
    {"short_requests_are_answered", short_requests_are_answered},
    {"agent_outside_a_guest_spares_the_machine", agent_outside_a_guest_spares_the_machine},
    {0},
};
