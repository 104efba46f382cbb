// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

// The agent as a process of its own, over a socket pair. argv: the agent's path.

#include "peer.h"

#include "../src/agent/guest_protocol.h"
#include "../src/common/fields.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/un.h>

#define PLENTY ((uint32_t)64 * 1024 * 1024)

static const char *agent_path;
static const char *busybox;
static char place[] = "/tmp/banger-agent-test-XXXXXX";
static pid_t agent;
static struct peer host = {.fd = -1};

// ---- a conversation ----

static void start_agent(int fd, const char *option) {
    char number[16];
    snprintf(number, sizeof number, "%d", fd);
    agent = fork();
    CHECK(agent >= 0);
    if (agent == 0) {
        fcntl(fd, F_SETFD, 0);
        execl(agent_path, agent_path, "--busybox", busybox, option, number, (char *)NULL);
        _exit(126);
    }
    close(fd);
}

static void open_agent(void) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    host = (struct peer){.fd = pair[0]};
    start_agent(pair[1], "--serve-fd");
}

static void send_hello(uint8_t nonce) {
    uint8_t payload[HELLO_PAYLOAD_SIZE];
    memset(payload, nonce, sizeof payload);
    store_u32(payload, GUEST_PROTOCOL_VERSION);
    peer_send(&host, 0, GUEST_HELLO, payload, sizeof payload);
}

// As a host does: all that comes before the answer to this HELLO is dropped.
static void hello(uint8_t nonce) {
    send_hello(nonce);
    struct frame frame;
    do {
        CHECK(peer_next(&host, &frame));
    } while (frame.type != GUEST_HELLO_REPLY || frame.length < HELLO_PAYLOAD_SIZE || frame.payload[4] != nonce);
    CHECK(load_u32(frame.payload) == GUEST_PROTOCOL_VERSION && frame.payload[19] == nonce);
}

static void begin(void) {
    open_agent();
    hello(1);
}

// The agent ends by itself, with nothing for a sanitizer to say, once the connection is closed.
static void finish(void) {
    peer_close(&host);
    int status = await_child(&agent);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void expect_ping(void) {
    peer_send(&host, 999, GUEST_PING, "still there", 11);
    struct frame frame;
    do {
        CHECK(peer_next(&host, &frame));
    } while (frame.stream != 999);
    CHECK(frame.type == GUEST_REPLY && frame.length == 11 && memcmp(frame.payload, "still there", 11) == 0);
}

static bool names_program; // whether the last error was of executing the program itself

static uint32_t expect_error(uint32_t stream) {
    struct frame frame;
    CHECK(peer_next(&host, &frame));
    CHECK(frame.type == GUEST_ERROR && frame.stream == stream && frame.length > 4);
    struct field_reader reader = field_reader_over(frame.payload + 4, frame.length - 4);
    struct field text;
    CHECK(field_next(&reader, &text) && text.tag == FIELD_ERROR_TEXT && text.length > 0);
    names_program = field_next(&reader, &text) && text.tag == FIELD_PROGRAM;
    return load_u32(frame.payload);
}

static void exec_with(uint32_t stream, const char *const *arguments, const uint8_t *size) {
    struct buffer payload = {0};
    for (; *arguments != NULL; arguments++) {
        field_append_text(&payload, FIELD_ARGUMENT, *arguments);
    }
    char user[32];
    snprintf(user, sizeof user, "%u", (unsigned)getuid());
    field_append_text(&payload, FIELD_USER, user);
    field_append_text(&payload, FIELD_ENVIRONMENT, "GREETING=hello there");
    field_append_text(&payload, FIELD_DIRECTORY, place);
    if (size != NULL) {
        field_append(&payload, FIELD_TERMINAL, size, 4);
    }
    peer_send(&host, stream, GUEST_EXEC, buffer_bytes(&payload), payload.length);
    buffer_free(&payload);
}

static void exec_shell(uint32_t stream, const char *script) {
    exec_with(stream, (const char *const[]){"sh", "-c", script, NULL}, NULL);
}

struct outcome {
    uint8_t last; // the type of the last frame
    uint32_t kind;
    uint32_t number;
    struct buffer output;
    struct buffer error;
};

static struct outcome outcome;

static void take_outcome(uint32_t stream) {
    buffer_free(&outcome.output);
    buffer_free(&outcome.error);
    outcome = (struct outcome){0};
    struct frame frame;
    while (outcome.last == 0) {
        CHECK(peer_next(&host, &frame));
        CHECK(frame.stream == stream);
        switch (frame.type) {
        case GUEST_STDOUT:
            CHECK(buffer_append(&outcome.output, frame.payload, frame.length));
            break;
        case GUEST_STDERR:
            CHECK(buffer_append(&outcome.error, frame.payload, frame.length));
            break;
        case GUEST_EXIT:
            CHECK(frame.length == 8);
            outcome.kind = load_u32(frame.payload);
            outcome.number = load_u32(frame.payload + 4);
            outcome.last = frame.type;
            break;
        case GUEST_ERROR:
            outcome.number = load_u32(frame.payload);
            outcome.last = frame.type;
            break;
        default:
            CHECK(frame.type == GUEST_WINDOW);
        }
    }
}

static bool exited(uint32_t status) {
    return outcome.last == GUEST_EXIT && outcome.kind == 0 && outcome.number == status;
}

static bool killed(uint32_t signal_number) {
    return outcome.last == GUEST_EXIT && outcome.kind == 1 && outcome.number == signal_number;
}

static bool holds(const struct buffer *buffer, const char *text) {
    return buffer->length == strlen(text) && memcmp(buffer_bytes(buffer), text, buffer->length) == 0;
}

// Runs to its end, with all the credit it can use.
static void run(uint32_t stream, const char *script) {
    exec_shell(stream, script);
    peer_send_u32(&host, stream, GUEST_WINDOW, PLENTY);
    take_outcome(stream);
}

// What the command writes, until the line ends.
static long read_number(uint32_t stream) {
    char line[64];
    size_t length = 0;
    struct frame frame;
    while (length == 0 || line[length - 1] != '\n') {
        CHECK(peer_next(&host, &frame));
        if (frame.type == GUEST_WINDOW) {
            continue;
        }
        CHECK(frame.type == GUEST_STDOUT && frame.stream == stream && length + frame.length < sizeof line);
        memcpy(line + length, frame.payload, frame.length);
        length += frame.length;
    }
    line[length] = '\0';
    return strtol(line, NULL, 10);
}

// ---- tests ----

static void answers_hello_after_any_garbage(void) {
    open_agent();
    peer_send_bytes(&host, "GET / HTTP/1.1\r\n\r\n", 18);
    uint8_t zeros[777] = {0};
    peer_send_bytes(&host, zeros, sizeof zeros);
    hello(0x5a);
    expect_ping();
    hello(0x5b);
    expect_ping();
    finish();
}

static void nothing_is_served_before_hello(void) {
    open_agent();
    peer_send(&host, 1, GUEST_PING, "early", 5);
    send_hello(3);
    struct frame frame;
    CHECK(peer_next(&host, &frame) && frame.type == GUEST_HELLO_REPLY);
    finish();
}

static void a_command_has_its_exit_status_and_both_outputs(void) {
    begin();
    run(1, "echo out; echo err >&2; exit 7");
    CHECK(exited(7) && holds(&outcome.output, "out\n") && holds(&outcome.error, "err\n"));
    run(1, "exit 0");
    CHECK(exited(0) && outcome.output.length == 0);
    finish();
}

static void a_command_has_the_environment_and_directory_it_was_given(void) {
    begin();
    run(1, "printf '%s|%s|%s' \"$GREETING\" \"$(pwd)\" \"${BANGER_TEST_SECRET-unset}\"");
    char wanted[128];
    snprintf(wanted, sizeof wanted, "hello there|%s|unset", place);
    CHECK(exited(0) && holds(&outcome.output, wanted));
    finish();
}

static void a_command_that_a_signal_ends_says_which(void) {
    begin();
    run(1, "kill -TERM $$");
    CHECK(killed(SIGTERM));
    exec_shell(2, "echo $$; exec tail -f /dev/null");
    peer_send_u32(&host, 2, GUEST_WINDOW, PLENTY);
    CHECK(read_number(2) > 0);
    peer_send_u32(&host, 2, GUEST_SIGNAL, SIGUSR1);
    take_outcome(2);
    CHECK(killed(SIGUSR1));
    finish();
}

static void a_program_that_does_not_exist_is_an_error(void) {
    begin();
    exec_with(1, (const char *const[]){"/no/such/program", NULL}, NULL);
    CHECK(expect_error(1) == ENOENT && names_program);
    exec_with(1, (const char *const[]){"/dev/null", NULL}, NULL);
    CHECK(expect_error(1) == EACCES && names_program);
    expect_ping();
    finish();
}

static void a_directory_that_does_not_exist_is_no_error_of_the_program(void) {
    begin();
    struct buffer payload = {0};
    field_append_text(&payload, FIELD_ARGUMENT, "/bin/true");
    field_append_text(&payload, FIELD_DIRECTORY, "/no/such/directory");
    peer_send(&host, 1, GUEST_EXEC, buffer_bytes(&payload), payload.length);
    buffer_free(&payload);
    CHECK(expect_error(1) == ENOENT && !names_program);
    finish();
}

static void the_images_own_shell_goes_before_the_carried_one(void) {
    begin();
    run(1, "readlink -f /proc/$$/exe");
    char real[4096 + 1] = "";
    CHECK(realpath("/bin/sh", real) != NULL);
    strcat(real, "\n");
    CHECK(holds(&outcome.output, real));
    finish();
}

static void input_reaches_the_command_and_ends(void) {
    begin();
    exec_shell(1, "cat; echo end");
    peer_send_u32(&host, 1, GUEST_WINDOW, PLENTY);
    struct frame frame;
    CHECK(peer_next(&host, &frame) && frame.type == GUEST_WINDOW && load_u32(frame.payload) > 0);
    peer_send(&host, 1, GUEST_STDIN, "one ", 4);
    peer_send(&host, 1, GUEST_STDIN, "two\n", 4);
    peer_send(&host, 1, GUEST_STDIN, NULL, 0);
    take_outcome(1);
    CHECK(exited(0) && holds(&outcome.output, "one two\nend\n"));
    finish();
}

static void input_beyond_the_window_ends_only_its_request(void) {
    begin();
    exec_shell(1, "exec tail -f /dev/null");
    struct frame frame;
    CHECK(peer_next(&host, &frame) && frame.type == GUEST_WINDOW);
    uint32_t granted = load_u32(frame.payload);
    CHECK(granted <= 1024 * 1024);
    uint8_t bytes[4096] = {0};
    for (uint32_t sent = 0; sent <= granted; sent += (uint32_t)sizeof bytes) {
        peer_send(&host, 1, GUEST_STDIN, bytes, sizeof bytes);
    }
    CHECK(expect_error(1) == EPROTO);
    expect_ping();
    finish();
}

static void output_never_exceeds_its_window(void) {
    begin();
    enum { TOTAL = 300000, WINDOW = 3001 };
    exec_shell(1, "head -c 300000 /dev/zero");
    size_t received = 0;
    size_t granted = 0;
    struct frame frame;
    for (;;) {
        if (received == granted) {
            peer_send_u32(&host, 1, GUEST_WINDOW, WINDOW);
            granted += WINDOW;
        }
        CHECK(peer_next(&host, &frame));
        if (frame.type == GUEST_EXIT) {
            break;
        }
        received += frame.type == GUEST_STDOUT ? frame.length : 0;
        CHECK(received <= granted);
    }
    CHECK(received == TOTAL && load_u32(frame.payload + 4) == 0);
    finish();
}

static void large_output_arrives_whole(void) {
    begin();
    run(1, "head -c 8000000 /dev/zero | tr '\\0' x; printf end");
    CHECK(exited(0) && outcome.output.length == 8000003);
    CHECK(memcmp(buffer_bytes(&outcome.output) + 8000000, "end", 3) == 0 && buffer_bytes(&outcome.output)[7999999] == 'x');
    finish();
}

static void a_stalled_stream_holds_up_no_other(void) {
    begin();
    exec_shell(1, "yes");
    exec_shell(2, "exec tail -f /dev/null"); // and one that takes no input
    struct frame frame;
    for (int i = 0; i < 2; i++) {
        CHECK(peer_next(&host, &frame) && frame.type == GUEST_WINDOW); // both run
    }
    uint8_t bytes[65536] = {0};
    peer_send(&host, 2, GUEST_STDIN, bytes, sizeof bytes);
    peer_send(&host, 2, GUEST_STDIN, bytes, sizeof bytes);
    expect_ping();
    for (int i = 0; i < 20; i++) {
        exec_shell(3, "echo live");
        peer_send_u32(&host, 3, GUEST_WINDOW, PLENTY);
        size_t received = 0;
        do {
            CHECK(peer_next(&host, &frame));
            CHECK(frame.stream == 3 || (frame.stream == 2 && frame.type == GUEST_WINDOW));
            received += frame.type == GUEST_STDOUT ? frame.length : 0;
        } while (frame.type != GUEST_EXIT);
        CHECK(received == 5);
    }
    peer_send(&host, 2, GUEST_CLOSE, NULL, 0);
    take_outcome(2);
    CHECK(killed(SIGHUP));
    peer_send_u32(&host, 1, GUEST_WINDOW, 6);
    CHECK(peer_next(&host, &frame) && frame.stream == 1 && frame.type == GUEST_STDOUT && frame.length <= 6);
    finish();
}

static void an_unknown_type_is_an_error_and_no_more(void) {
    begin();
    peer_send(&host, 5, 0x7e, "what", 4);
    CHECK(expect_error(5) == EOPNOTSUPP);
    run(5, "exit 3");
    CHECK(exited(3));
    finish();
}

static void impossible_fields_are_an_error(void) {
    begin();
    static const uint8_t cut[] = {FIELD_ARGUMENT, 0xff, 0xff, 0xff, 0xff, 'x'};
    static const uint8_t nul[] = {FIELD_ARGUMENT, 0, 0, 0, 3, 'a', 0, 'b'};
    static const uint8_t relative[] = {FIELD_ARGUMENT, 0, 0, 0, 4, 't', 'r', 'u', 'e', FIELD_DIRECTORY, 0, 0, 0, 1, 'x'};
    peer_send(&host, 1, GUEST_EXEC, cut, sizeof cut);
    CHECK(expect_error(1) == EINVAL);
    peer_send(&host, 1, GUEST_EXEC, nul, sizeof nul);
    CHECK(expect_error(1) == EINVAL);
    peer_send(&host, 1, GUEST_EXEC, relative, sizeof relative);
    CHECK(expect_error(1) == EINVAL);
    peer_send(&host, 1, GUEST_EXEC, NULL, 0);
    CHECK(expect_error(1) == EINVAL);
    peer_send(&host, 0, GUEST_PING, NULL, 0);
    CHECK(expect_error(0) == EINVAL);
    run(1, "exit 3");
    CHECK(exited(3));
    finish();
}

static void a_stream_number_in_use_is_refused_and_its_owner_lives(void) {
    begin();
    exec_shell(1, "read line; exit 4");
    struct frame frame;
    CHECK(peer_next(&host, &frame) && frame.type == GUEST_WINDOW);
    exec_shell(1, "exit 5");
    CHECK(expect_error(0) == EBUSY);
    peer_send(&host, 1, GUEST_STDIN, "\n", 1);
    take_outcome(1);
    CHECK(exited(4));
    finish();
}

static void a_frame_that_is_too_long_needs_a_new_hello(void) {
    begin();
    static const uint8_t header[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, GUEST_PING};
    peer_send_bytes(&host, header, sizeof header);
    CHECK(expect_error(0) == EPROTO);
    peer_send(&host, 1, GUEST_PING, "lost", 4);
    send_hello(9);
    struct frame frame;
    CHECK(peer_next(&host, &frame) && frame.type == GUEST_HELLO_REPLY && frame.payload[4] == 9);
    expect_ping();
    finish();
}

static void a_hello_after_half_a_frame_is_heard(void) {
    begin();
    static const uint8_t half[] = {0, 0, 1, 0, 0, 0, 0, 1, GUEST_PING, 'x', 'y'};
    peer_send_bytes(&host, half, sizeof half);
    hello(7);
    expect_ping();
    finish();
}

static void random_frames_do_no_harm(void) {
    begin();
    struct noise noise = {.state = 1848};
    for (int i = 0; i < 2000; i++) {
        uint8_t payload[64];
        size_t length = noise_below(&noise, sizeof payload);
        for (size_t at = 0; at < length; at++) {
            uint32_t byte = noise_below(&noise, 4) == 0 ? noise_next(&noise) & 0xff : noise_below(&noise, 8);
            payload[at] = byte == '/' ? 0 : (uint8_t)byte; // no path, so nothing of this machine is meant
        }
        uint8_t type = (uint8_t)noise_below(&noise, 0x28);
        if (type != GUEST_SYNC && type != GUEST_HELLO && type != GUEST_PORTS) {
            peer_send(&host, noise_below(&noise, 4), type, payload, length);
        }
    }
    hello(0x77);
    run(50, "exit 3");
    CHECK(exited(3));
    finish();
}

static void what_is_the_machines_is_refused_outside_a_guest(void) {
    begin();
    peer_send(&host, 1, GUEST_POWER_OFF, NULL, 0);
    CHECK(expect_error(1) == EPERM);
    struct buffer payload = {0};
    CHECK(field_append_text(&payload, FIELD_HOSTNAME, "stolen"));
    peer_send(&host, 2, GUEST_CONFIGURE, buffer_bytes(&payload), payload.length);
    buffer_free(&payload);
    CHECK(expect_error(2) == EPERM);
    finish();
}

static void a_terminal_has_its_size_and_is_resized(void) {
    begin();
    static const uint8_t size[] = {0, 33, 0, 101};
    static const uint8_t larger[] = {0, 44, 0, 202};
    exec_with(1, (const char *const[]){"sh", "-c", "stty -echo; stty size; read line; stty size; test -t 0 && test -t 2; exit $?", NULL}, size);
    peer_send_u32(&host, 1, GUEST_WINDOW, PLENTY);
    CHECK(read_number(1) == 33);
    peer_send(&host, 1, GUEST_RESIZE, larger, sizeof larger);
    peer_send(&host, 1, GUEST_STDIN, "\n", 1);
    take_outcome(1);
    CHECK(exited(0) && holds(&outcome.output, "44 202\r\n"));
    finish();
}

static int start_one_to_watch(uint32_t stream, const char *script) {
    exec_shell(stream, script);
    peer_send_u32(&host, stream, GUEST_WINDOW, PLENTY);
    long pid = read_number(stream);
    CHECK(pid > 1);
    int watch = watch_process((pid_t)pid);
    CHECK(watch >= 0);
    return watch;
}

static void a_new_hello_ends_the_processes_of_the_old(void) {
    begin();
    int polite = start_one_to_watch(1, "echo $$; exec tail -f /dev/null");
    int stubborn = start_one_to_watch(2, "trap '' HUP; echo $$; exec tail -f /dev/null");
    hello(2);
    run(1, "exit 6"); // the old number is free at once
    CHECK(exited(6));
    bool both = await_readable(polite) && await_readable(stubborn);
    close(polite);
    close(stubborn);
    CHECK(both);
    finish();
}

static void the_end_of_the_connection_ends_processes_and_agent(void) {
    begin();
    int stubborn = start_one_to_watch(1, "trap '' HUP; echo $$; exec tail -f /dev/null");
    finish();
    bool ended = await_readable(stubborn);
    close(stubborn);
    CHECK(ended);
}

static void a_second_connection_replaces_the_first(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/agent", place);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 4) == 0);
    start_agent(listener, "--listen-fd");
    host.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(host.fd, (struct sockaddr *)&address, sizeof address) == 0);
    hello(1);
    int old = start_one_to_watch(1, "echo $$; exec tail -f /dev/null");
    int first = host.fd;
    buffer_free(&host.in);
    host = (struct peer){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    CHECK(connect(host.fd, (struct sockaddr *)&address, sizeof address) == 0);
    hello(2);
    bool ended = await_readable(old);
    char byte;
    bool closed = await_readable(first) && read(first, &byte, 1) <= 0;
    close(old);
    close(first);
    CHECK(ended && closed);
    run(1, "exit 8");
    CHECK(exited(8));
}

static void send_path(uint32_t stream, uint8_t type, const char *path) {
    struct buffer payload = {0};
    CHECK(field_append_text(&payload, FIELD_PATH, path));
    peer_send(&host, stream, type, buffer_bytes(&payload), payload.length);
    buffer_free(&payload);
}

static void sync_is_answered_when_it_is_done(void) {
    begin();
    peer_send(&host, 1, GUEST_SYNC, NULL, 0);
    struct frame frame;
    CHECK(peer_next(&host, &frame) && frame.type == GUEST_REPLY && frame.stream == 1 && frame.length == 0);
    finish();
}

static void growing_needs_one_path_and_a_guest(void) {
    begin();
    peer_send(&host, 1, GUEST_GROW, NULL, 0);
    CHECK(expect_error(1) == EINVAL);
    send_path(2, GUEST_GROW, "relative");
    CHECK(expect_error(2) == EINVAL);
    send_path(3, GUEST_GROW, "/");
    CHECK(expect_error(3) == EPERM);
    finish();
}

struct measured {
    uint64_t uptime;
    uint64_t memory[2];
    uint32_t load;
    uint32_t processes;
    uint64_t processor_time[2];
    uint64_t file_system[2];
    unsigned file_systems;
};

static void take_field(const struct field *field, struct measured *measured) {
    switch (field->tag) {
    case FIELD_UPTIME:
        CHECK(field->length == 8);
        measured->uptime = load_u64(field->value);
        break;
    case FIELD_MEMORY:
        CHECK(field->length == 16);
        measured->memory[0] = load_u64(field->value);
        measured->memory[1] = load_u64(field->value + 8);
        break;
    case FIELD_LOAD:
        CHECK(field->length == 4);
        measured->load = load_u32(field->value);
        break;
    case FIELD_PROCESSES:
        CHECK(field->length == 4);
        measured->processes = load_u32(field->value);
        break;
    case FIELD_PROCESSOR_TIME:
        CHECK(field->length == 16);
        measured->processor_time[0] = load_u64(field->value);
        measured->processor_time[1] = load_u64(field->value + 8);
        break;
    case FIELD_FILE_SYSTEM:
        CHECK(field->length == 17 && field->value[16] == '/');
        measured->file_system[0] = load_u64(field->value);
        measured->file_system[1] = load_u64(field->value + 8);
        measured->file_systems++;
        break;
    default:
        CHECK(false);
    }
}

// sysinfo(2), statvfs(3) and sysconf(3) are the oracle.
static void statistics_are_those_of_the_machine(void) {
    begin();
    struct measured measured = {0};
    struct sysinfo before;
    struct sysinfo after;
    struct statvfs root;
    CHECK(sysinfo(&before) == 0);
    peer_send(&host, 1, GUEST_STATISTICS, NULL, 0);
    struct frame frame;
    CHECK(peer_next(&host, &frame) && frame.type == GUEST_REPLY && frame.stream == 1);
    struct field_reader reader = field_reader_over(frame.payload, frame.length);
    struct field field;
    while (field_next(&reader, &field)) {
        take_field(&field, &measured);
    }
    CHECK(!reader.malformed);
    CHECK(sysinfo(&after) == 0 && statvfs("/", &root) == 0);
    CHECK(measured.uptime / 1000 + 1 >= (uint64_t)before.uptime && measured.uptime / 1000 <= (uint64_t)after.uptime + 1);
    // In a container the kernel may tell the two differently.
    CHECK(measured.memory[0] > 0 && measured.memory[1] > 0 && measured.memory[1] <= measured.memory[0]);
    CHECK(measured.load < 1000 * 1000);
    CHECK(measured.processes >= 2 && measured.processes < 100000);
    uint64_t possible = (measured.uptime + 1000) * 1000000 * (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
    CHECK(measured.processor_time[0] > 0 && measured.processor_time[0] <= possible + possible / 10);
    CHECK(measured.processor_time[1] <= measured.processor_time[0]);
    CHECK(measured.file_systems == 1 && measured.file_system[0] == (uint64_t)root.f_blocks * root.f_frsize);
    CHECK(measured.file_system[1] <= measured.file_system[0]);
    finish();
}

static void files_go_out_and_come_in_as_tar(void) {
    begin();
    char path[128];
    run(1, "mkdir -p tree/sub && printf content > tree/sub/file && chmod 640 tree/sub/file && ln -s sub/file tree/link");
    CHECK(exited(0));
    snprintf(path, sizeof path, "%s/tree", place);
    send_path(2, GUEST_GET, path);
    peer_send_u32(&host, 2, GUEST_WINDOW, PLENTY);
    take_outcome(2);
    CHECK(exited(0) && outcome.output.length >= 1024);
    struct buffer archive = outcome.output;
    outcome.output = (struct buffer){0};
    snprintf(path, sizeof path, "%s/new/place", place);
    send_path(3, GUEST_PUT, path);
    struct frame frame;
    bool granted = peer_next(&host, &frame) && frame.type == GUEST_WINDOW && load_u32(frame.payload) >= archive.length;
    peer_send(&host, 3, GUEST_STDIN, buffer_bytes(&archive), archive.length);
    buffer_free(&archive);
    CHECK(granted);
    peer_send(&host, 3, GUEST_STDIN, NULL, 0);
    take_outcome(3);
    CHECK(exited(0));
    run(4, "cat new/place/tree/link; stat -c ' %a' new/place/tree/sub/file");
    CHECK(exited(0) && holds(&outcome.output, "content 640\n"));
    send_path(5, GUEST_PUT, "relative");
    CHECK(expect_error(5) == EINVAL);
    finish();
}

static void clean_up(void) {
    peer_close(&host);
    end_child(&agent);
    buffer_free(&outcome.output);
    buffer_free(&outcome.error);
}

static void remove_place(void) {
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", place, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

int main(int count, char **arguments) {
    static const struct test tests[] = {
        TEST(answers_hello_after_any_garbage),
        TEST(nothing_is_served_before_hello),
        TEST(a_command_has_its_exit_status_and_both_outputs),
        TEST(a_command_has_the_environment_and_directory_it_was_given),
        TEST(a_command_that_a_signal_ends_says_which),
        TEST(a_program_that_does_not_exist_is_an_error),
        TEST(a_directory_that_does_not_exist_is_no_error_of_the_program),
        TEST(the_images_own_shell_goes_before_the_carried_one),
        TEST(input_reaches_the_command_and_ends),
        TEST(input_beyond_the_window_ends_only_its_request),
        TEST(output_never_exceeds_its_window),
        TEST(large_output_arrives_whole),
        TEST(a_stalled_stream_holds_up_no_other),
        TEST(an_unknown_type_is_an_error_and_no_more),
        TEST(impossible_fields_are_an_error),
        TEST(a_stream_number_in_use_is_refused_and_its_owner_lives),
        TEST(a_frame_that_is_too_long_needs_a_new_hello),
        TEST(a_hello_after_half_a_frame_is_heard),
        TEST(random_frames_do_no_harm),
        TEST(what_is_the_machines_is_refused_outside_a_guest),
        TEST(a_terminal_has_its_size_and_is_resized),
        TEST(a_new_hello_ends_the_processes_of_the_old),
        TEST(the_end_of_the_connection_ends_processes_and_agent),
        TEST(a_second_connection_replaces_the_first),
        TEST(sync_is_answered_when_it_is_done),
        TEST(growing_needs_one_path_and_a_guest),
        TEST(statistics_are_those_of_the_machine),
        TEST(files_go_out_and_come_in_as_tar),
    };
    if (count != 2 || mkdtemp(place) == NULL) {
        fputs("usage: agent_test AGENT\n", stderr);
        return 2;
    }
    agent_path = arguments[1];
    setenv("BANGER_TEST_SECRET", "the agent's own environment", 1);
    const char *given = getenv("BANGER_TEST_BUSYBOX");
    busybox = given != NULL ? given : "/bin/busybox";
    size_t last = sizeof tests / sizeof tests[0];
    if (geteuid() != 0) {
        puts("skipped files_go_out_and_come_in_as_tar: the agent does that as root, which this is not");
        last--;
    } else if (access(busybox, X_OK) != 0) {
        printf("skipped files_go_out_and_come_in_as_tar: there is no %s (BANGER_TEST_BUSYBOX names another)\n", busybox);
        last--;
    }
    int status = test_all(tests, last, clean_up);
    remove_place();
    return status;
}
