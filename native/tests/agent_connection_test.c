// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

// The conversation as a whole: new beginnings, cut frames, garbage.

#include "../src/agent/guest_protocol.h"
#include "agent_under_test.h"
#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool answers(struct agent_under_test *agent) {
    struct frame frame;
    return peer_send(&agent->host, 77, GUEST_PING, "x", 1) && peer_read_type(&agent->host, GUEST_REPLY, &frame) && frame.stream == 77;
}

static bool is_gone(const void *pid) {
    return kill(*(const pid_t *)pid, 0) != 0 && errno == ESRCH;
}

// The process number that the script prints first.
static pid_t read_pid(struct agent_under_test *agent) {
    struct frame frame;
    char text[16] = "";
    if (!peer_read_type(&agent->host, GUEST_STDOUT, &frame) || frame.length >= sizeof text) {
        return -1;
    }
    memcpy(text, frame.payload, frame.length);
    return (pid_t)strtol(text, NULL, 10);
}

static void hello_ends_the_streams_before_it(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "echo $$; exec sleep 1000", false, ALL_CREDIT));
    pid_t process = read_pid(&agent);
    CHECK(process > 1 && kill(process, 0) == 0);
    CHECK(agent_run(&agent, 2, "trap '' HUP; echo $$; while :; do sleep 0.05; done", false, ALL_CREDIT));
    pid_t stubborn = read_pid(&agent);
    CHECK(stubborn > 1);
    CHECK(agent_greet(&agent));
    CHECK(await(is_gone, &process) && await(is_gone, &stubborn));
    CHECK(agent_run(&agent, 1, "echo anew", false, ALL_CREDIT));
    struct outcome outcome = agent_collect(&agent, 1);
    CHECK(outcome.last == GUEST_EXIT && strcmp(outcome.output, "anew\n") == 0);
    free(outcome.output);
    CHECK(agent_stop(&agent));
}

static void end_of_connection_hangs_up_its_commands(void) {
    struct agent_under_test agent;
    CHECK(agent_start_listening(&agent));
    CHECK(agent_connect(&agent));
    CHECK(agent_run(&agent, 1, "echo $$; exec sleep 1000", false, ALL_CREDIT));
    pid_t process = read_pid(&agent);
    CHECK(process > 1);
    peer_close(&agent.host);
    CHECK(await(is_gone, &process));
    for (int i = 0; i < 20; i++) {
        CHECK(agent_connect(&agent) && answers(&agent));
        // Closed in the middle of a frame.
        CHECK(send(agent.host.fd, "\0\0\1\0\0\0\0\1\020abc", 12, MSG_NOSIGNAL) == 12);
    }
    CHECK(agent_stop(&agent));
}

static void newer_connection_replaces_the_older(void) {
    struct agent_under_test agent;
    CHECK(agent_start_listening(&agent));
    CHECK(agent_connect(&agent));
    struct peer older = agent.host;
    agent.host = (struct peer){.fd = -1};
    CHECK(agent_connect(&agent) && answers(&agent));
    CHECK(peer_is_closed(&older));
    peer_close(&older);
    CHECK(agent_stop(&agent));
}

// What a virtio-serial port shows when one host process ended inside a frame and the next came at once.
static void hello_is_heard_inside_a_cut_frame(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    uint8_t cut[1000];
    for (int round = 0; round < 5; round++) {
        size_t length = 9 + random_below(sizeof cut - 9);
        random_bytes(cut, sizeof cut);
        memcpy(cut, "\0\2\0\0\0\0\0\5\021", 9); // 128 KiB of STDIN for stream 5
        CHECK(send(agent.host.fd, cut, length, MSG_NOSIGNAL) == (ssize_t)length);
        CHECK(agent_greet(&agent) && answers(&agent));
    }
    CHECK(agent_stop(&agent));
}

static void too_long_frame_asks_for_a_new_hello(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    CHECK(agent_run(&agent, 1, "echo $$; exec sleep 1000", false, ALL_CREDIT));
    pid_t process = read_pid(&agent);
    CHECK(process > 1);
    CHECK(send(agent.host.fd, "\0\4\0\1\0\0\0\1\020", 9, MSG_NOSIGNAL) == 9); // 256 KiB and one byte
    struct frame frame;
    CHECK(peer_read_type(&agent.host, GUEST_ERROR, &frame) && frame.stream == 0 && load_u32(frame.payload) == EPROTO);
    CHECK(await(is_gone, &process));
    CHECK(peer_send(&agent.host, 1, GUEST_PING, "x", 1) && !peer_has_frame(&agent.host, 100)); // deaf until HELLO
    CHECK(agent_greet(&agent) && answers(&agent));
    CHECK(agent_stop(&agent));
}

static void unknown_and_misplaced_frames_are_errors(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    struct frame frame;
    CHECK(peer_send(&agent.host, 9, 0x7f, "abc", 3) && peer_read(&agent.host, &frame));
    CHECK(frame.stream == 9 && frame.type == GUEST_ERROR && load_u32(frame.payload) == EOPNOTSUPP);
    CHECK(peer_send(&agent.host, 0, GUEST_PING, "x", 1) && peer_read(&agent.host, &frame));
    CHECK(frame.stream == 0 && frame.type == GUEST_ERROR && load_u32(frame.payload) == EINVAL);
    CHECK(agent_run(&agent, 4, "read x", false, 0) && peer_read_type(&agent.host, GUEST_WINDOW, &frame));
    CHECK(peer_send(&agent.host, 4, GUEST_PING, "x", 1) && peer_read(&agent.host, &frame));
    CHECK(frame.stream == 0 && frame.type == GUEST_ERROR && load_u32(frame.payload) == EBUSY);
    // For streams that have ended: nothing at all.
    const uint8_t types[] = {GUEST_STDIN, GUEST_WINDOW, GUEST_SIGNAL, GUEST_RESIZE, GUEST_CLOSE};
    for (size_t i = 0; i < sizeof types; i++) {
        CHECK(peer_send(&agent.host, 1000, types[i], "\0\0\0\1", 4));
    }
    CHECK(answers(&agent));
    CHECK(agent_stop(&agent));
}

static void random_payloads_never_kill_the_agent(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    const uint8_t types[] = {
        GUEST_HELLO, GUEST_PING, GUEST_EXEC, GUEST_STDIN, GUEST_WINDOW, GUEST_SIGNAL, GUEST_RESIZE, GUEST_CLOSE,
        GUEST_PUT, GUEST_GET, GUEST_PORTS, GUEST_CONFIGURE, GUEST_POWER_OFF, GUEST_REPLY, 0x00, 0xff,
    };
    for (int round = 0; round < 300; round++) {
        uint8_t payload[64];
        uint32_t length = random_below(sizeof payload);
        random_bytes(payload, length);
        for (uint32_t i = 1; i + 4 <= length; i += 5) {
            memset(payload + i, 0, 3);
        }
        CHECK(peer_send(&agent.host, random_below(8), types[random_below(sizeof types)], payload, length));
        // What it answers is taken, so that neither side waits for the other.
        struct frame frame;
        while (peer_has_frame(&agent.host, 0)) {
            CHECK(peer_read(&agent.host, &frame));
        }
    }
    CHECK(agent_greet(&agent) && answers(&agent));
    CHECK(agent_stop(&agent));
}

static void random_bytes_never_kill_the_agent(void) {
    struct agent_under_test agent;
    CHECK(agent_start(&agent));
    for (int round = 0; round < 20; round++) {
        uint8_t garbage[4000];
        size_t length = 1 + random_below(sizeof garbage);
        random_bytes(garbage, sizeof garbage);
        CHECK(send(agent.host.fd, garbage, length, MSG_NOSIGNAL) == (ssize_t)length);
        CHECK(agent_greet(&agent) && answers(&agent));
    }
    CHECK(agent_stop(&agent));
}

const struct test agent_connection_tests[] = {
    {"hello_ends_the_streams_before_it", hello_ends_the_streams_before_it},
    {"end_of_connection_hangs_up_its_commands", end_of_connection_hangs_up_its_commands},
    {"newer_connection_replaces_the_older", newer_connection_replaces_the_older},
    {"hello_is_heard_inside_a_cut_frame", hello_is_heard_inside_a_cut_frame},
    {"too_long_frame_asks_for_a_new_hello", too_long_frame_asks_for_a_new_hello},
    {"unknown_and_misplaced_frames_are_errors", unknown_and_misplaced_frames_are_errors},
    {"random_payloads_never_kill_the_agent", random_payloads_never_kill_the_agent},
    {"random_bytes_never_kill_the_agent", random_bytes_never_kill_the_agent},
    {0},
};
