// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

// The relay of the ssh agent as a process of its own, between clients of its socket and a host. argv: the agent's path.

#include "peer.h"

#include "../src/agent/ssh_agent_relay.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>

static const char *agent_path;
static char place[] = "/tmp/banger-relay-test-XXXXXX";
static char path[80];
static pid_t relay;
static int to_relay = -1;
static int from_relay = -1;
static int clients[RELAY_CLIENTS + 4];
static size_t client_count;

struct said {
    uint32_t id;
    uint32_t length;
    uint8_t bytes[RELAY_REQUEST_LIMIT];
};
static struct said said;

// ---- the host's side ----

static void read_exactly(int fd, void *bytes, size_t length) {
    uint8_t *at = bytes;
    while (length > 0) {
        CHECK(await_readable(fd));
        ssize_t count = read(fd, at, length);
        CHECK(count > 0);
        at += count;
        length -= (size_t)count;
    }
}

static void next_frame(void) {
    uint8_t header[RELAY_HEADER_SIZE];
    read_exactly(from_relay, header, sizeof header);
    said.id = load_u32(header);
    said.length = load_u32(header + 4);
    CHECK(said.length <= sizeof said.bytes);
    read_exactly(from_relay, said.bytes, said.length);
}

static void expect_end(uint32_t id) {
    next_frame();
    CHECK(said.id == id && said.length == 0);
}

static void expect_said(uint32_t id, const char *text) {
    next_frame();
    CHECK(said.id == id && said.length == strlen(text) && memcmp(said.bytes, text, said.length) == 0);
}

static void write_exactly(int fd, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    while (length > 0) {
        ssize_t count = write(fd, at, length);
        CHECK(count > 0);
        at += count;
        length -= (size_t)count;
    }
}

static void send_header(uint32_t id, uint32_t length) {
    uint8_t header[RELAY_HEADER_SIZE];
    store_u32(header, id);
    store_u32(header + 4, length);
    write_exactly(to_relay, header, sizeof header);
}

static void answer(uint32_t id, const char *text) {
    send_header(id, (uint32_t)strlen(text));
    write_exactly(to_relay, text, strlen(text));
}

static void begin_relay(pid_t *process, int *input, int *output) {
    int in[2];
    int out[2];
    CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    *process = fork();
    CHECK(*process >= 0);
    if (*process == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execl(agent_path, agent_path, "--relay-ssh-agent", path, (char *)NULL);
        _exit(126);
    }
    close(in[0]);
    close(out[1]);
    *input = in[1];
    *output = out[0];
}

static void begin(void) {
    begin_relay(&relay, &to_relay, &from_relay);
    expect_end(0);
}

static int end_status(void) {
    int status = await_child(&relay);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void finish(void) {
    close(to_relay);
    to_relay = -1;
    CHECK(end_status() == 0);
    CHECK(access(path, F_OK) != 0);
}

// ---- the guest's side ----

static int begin_client(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    clients[client_count++] = fd;
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void expect_answer(int client, const char *text) {
    char bytes[64];
    read_exactly(client, bytes, strlen(text));
    CHECK(memcmp(bytes, text, strlen(text)) == 0);
}

static void expect_closed(int client) {
    char byte;
    CHECK(await_readable(client));
    CHECK(read(client, &byte, 1) <= 0);
}

static void leave(int client) {
    for (size_t i = 0; i < client_count; i++) {
        if (clients[i] == client) {
            clients[i] = -1;
        }
    }
    close(client);
}

static void clean_up(void) {
    end_child(&relay);
    for (size_t i = 0; i < client_count; i++) {
        if (clients[i] >= 0) {
            close(clients[i]);
        }
    }
    client_count = 0;
    if (to_relay >= 0) {
        close(to_relay);
    }
    if (from_relay >= 0) {
        close(from_relay);
    }
    to_relay = from_relay = -1;
    unlink(path);
}

// ---- tests ----

static void the_socket_is_roots_alone(void) {
    begin();
    struct stat status;
    CHECK(lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) && (status.st_mode & 07777) == 0600);
    finish();
}

static void clients_are_told_apart(void) {
    begin();
    int first = begin_client();
    write_exactly(first, "one", 3);
    expect_said(1, "one");
    int second = begin_client();
    write_exactly(second, "two", 3);
    expect_said(2, "two");
    answer(2, "for two");
    answer(1, "for one");
    expect_answer(first, "for one");
    expect_answer(second, "for two");
    finish();
}

static void a_client_that_has_said_all_still_gets_its_answer(void) {
    begin();
    int client = begin_client();
    write_exactly(client, "last", 4);
    CHECK(shutdown(client, SHUT_WR) == 0);
    expect_said(1, "last");
    expect_end(1);
    answer(1, "answer");
    send_header(1, 0);
    expect_answer(client, "answer");
    expect_closed(client);
    finish();
}

static void a_client_that_leaves_is_told_and_what_comes_for_it_is_dropped(void) {
    begin();
    int client = begin_client();
    write_exactly(client, "x", 1);
    expect_said(1, "x");
    leave(client);
    expect_end(1);
    answer(1, "too late");
    send_header(1, 0);
    answer(1, "later still");
    int other = begin_client();
    write_exactly(other, "y", 1);
    expect_said(2, "y");
    finish();
}

static void the_host_can_end_a_client(void) {
    begin();
    int client = begin_client();
    write_exactly(client, "x", 1);
    expect_said(1, "x");
    answer(1, "bye");
    send_header(1, 0);
    expect_end(1);
    expect_answer(client, "bye");
    expect_closed(client);
    finish();
}

static void one_client_too_many_waits_for_a_place(void) {
    begin();
    int first = begin_client();
    write_exactly(first, "x", 1);
    expect_said(1, "x");
    for (uint32_t id = 2; id <= RELAY_CLIENTS; id++) {
        write_exactly(begin_client(), "x", 1);
        expect_said(id, "x");
    }
    int waiting = begin_client();
    write_exactly(waiting, "me", 2);
    answer(1, "served");
    expect_answer(first, "served");
    leave(first);
    expect_end(1);
    // Until the host has said so as well the place is taken.
    struct pollfd polled = {.fd = from_relay, .events = POLLIN};
    CHECK(poll(&polled, 1, 100) == 0);
    send_header(1, 0);
    expect_said(RELAY_CLIENTS + 1, "me");
    finish();
}

static void large_answers_arrive_whole(void) {
    begin();
    int client = begin_client();
    write_exactly(client, "x", 1);
    expect_said(1, "x");
    static uint8_t bytes[RELAY_ANSWER_LIMIT];
    static uint8_t received[RELAY_ANSWER_LIMIT];
    struct noise noise = {.state = 7};
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)noise_next(&noise);
    }
    send_header(1, sizeof bytes);
    write_exactly(to_relay, bytes, sizeof bytes);
    read_exactly(client, received, sizeof received);
    CHECK(memcmp(bytes, received, sizeof bytes) == 0);
    finish();
}

static void a_client_that_does_not_read_is_dropped_and_the_others_are_served(void) {
    begin();
    int deaf = begin_client();
    write_exactly(deaf, "x", 1);
    expect_said(1, "x");
    static const uint8_t zeros[RELAY_ANSWER_LIMIT];
    // More than the socket and the relay hold.
    for (int i = 0; i < 8; i++) {
        send_header(1, sizeof zeros);
        write_exactly(to_relay, zeros, sizeof zeros);
    }
    expect_end(1);
    send_header(1, 0);
    int other = begin_client();
    write_exactly(other, "y", 1);
    expect_said(2, "y");
    answer(2, "fine");
    expect_answer(other, "fine");
    finish();
}

static void much_that_a_client_says_arrives_in_frames_of_bounded_size(void) {
    begin();
    int client = begin_client();
    static uint8_t bytes[1024 * 1024];
    struct noise noise = {.state = 3};
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)noise_next(&noise);
    }
    pid_t writer = fork();
    CHECK(writer >= 0);
    if (writer == 0) {
        size_t at = 0;
        while (at < sizeof bytes) {
            ssize_t count = write(client, bytes + at, sizeof bytes - at);
            if (count <= 0) {
                _exit(1);
            }
            at += (size_t)count;
        }
        _exit(0);
    }
    for (size_t at = 0; at < sizeof bytes; at += said.length) {
        next_frame();
        CHECK(said.id == 1 && said.length > 0 && said.length <= sizeof bytes - at);
        CHECK(memcmp(bytes + at, said.bytes, said.length) == 0);
    }
    CHECK(await_child(&writer) == 0);
    finish();
}

static void frames_in_pieces_and_for_nobody_do_no_harm(void) {
    begin();
    int client = begin_client();
    write_exactly(client, "x", 1);
    expect_said(1, "x");
    answer(0, "nobody");
    answer(77, "nobody");
    send_header(77, 0);
    send_header(0, 0);
    uint8_t frame[] = {0, 0, 0, 1, 0, 0, 0, 2, 'o', 'k'};
    for (size_t i = 0; i < sizeof frame; i++) {
        write_exactly(to_relay, frame + i, 1);
    }
    expect_answer(client, "ok");
    finish();
}

static void a_frame_that_is_too_long_ends_the_relay(void) {
    begin();
    send_header(1, (uint32_t)RELAY_ANSWER_LIMIT + 1);
    CHECK(end_status() == 1);
    CHECK(access(path, F_OK) != 0);
}

static void random_bytes_of_the_host_do_no_harm(void) {
    struct noise noise = {.state = 11};
    for (int round = 0; round < 30; round++) {
        begin();
        int client = begin_client();
        write_exactly(client, "x", 1);
        next_frame();
        signal(SIGPIPE, SIG_IGN);
        for (int i = 0; i < 200; i++) {
            uint8_t bytes[16];
            for (size_t at = 0; at < sizeof bytes; at++) {
                bytes[at] = (uint8_t)(noise_below(&noise, 4) == 0 ? noise_next(&noise) : noise_below(&noise, 3));
            }
            if (write(to_relay, bytes, sizeof bytes) < 0) {
                break;
            }
        }
        close(to_relay);
        to_relay = -1;
        CHECK(end_status() <= 1);
        clean_up();
    }
}

static void a_signal_ends_it_and_takes_the_socket_away(void) {
    begin();
    CHECK(kill(relay, SIGHUP) == 0);
    CHECK(end_status() == 0);
    CHECK(access(path, F_OK) != 0);
}

static void a_new_relay_takes_the_place_of_an_old_one(void) {
    begin();
    pid_t newer;
    int input;
    int output;
    begin_relay(&newer, &input, &output);
    uint8_t ready[RELAY_HEADER_SIZE];
    read_exactly(output, ready, sizeof ready);
    close(to_relay);
    to_relay = -1;
    CHECK(end_status() == 0);
    // What the old one removes at its end is not the new one's.
    CHECK(access(path, F_OK) == 0);
    close(from_relay);
    relay = newer;
    to_relay = input;
    from_relay = output;
    write_exactly(begin_client(), "hello", 5);
    expect_said(1, "hello");
    finish();
}

static void a_place_that_cannot_be_had_is_told(void) {
    char kept[sizeof path];
    memcpy(kept, path, sizeof path);
    snprintf(path, sizeof path, "%s/absent/agent.sock", place);
    begin_relay(&relay, &to_relay, &from_relay);
    int status = end_status();
    memcpy(path, kept, sizeof path);
    CHECK(status == 1);
}

int main(int count, char **arguments) {
    static const struct test tests[] = {
        TEST(the_socket_is_roots_alone),
        TEST(clients_are_told_apart),
        TEST(a_client_that_has_said_all_still_gets_its_answer),
        TEST(a_client_that_leaves_is_told_and_what_comes_for_it_is_dropped),
        TEST(the_host_can_end_a_client),
        TEST(one_client_too_many_waits_for_a_place),
        TEST(large_answers_arrive_whole),
        TEST(a_client_that_does_not_read_is_dropped_and_the_others_are_served),
        TEST(much_that_a_client_says_arrives_in_frames_of_bounded_size),
        TEST(frames_in_pieces_and_for_nobody_do_no_harm),
        TEST(a_frame_that_is_too_long_ends_the_relay),
        TEST(random_bytes_of_the_host_do_no_harm),
        TEST(a_signal_ends_it_and_takes_the_socket_away),
        TEST(a_new_relay_takes_the_place_of_an_old_one),
        TEST(a_place_that_cannot_be_had_is_told),
    };
    if (count != 2 || mkdtemp(place) == NULL) {
        fputs("usage: relay_test AGENT\n", stderr);
        return 2;
    }
    agent_path = arguments[1];
    snprintf(path, sizeof path, "%s/agent.sock", place);
    int status = test_all(tests, sizeof tests / sizeof tests[0], clean_up);
    rmdir(place);
    return status;
}
