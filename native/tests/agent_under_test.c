// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "agent_under_test.h"

#include "../src/agent/guest_protocol.h"
#include "../src/common/fields.h"
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Stands in for busybox: `FAKE tar …` runs tar.
static const char *fake_busybox(void) {
    static char path[64] = "";
    if (path[0] == '\0') {
        snprintf(path, sizeof path, "/tmp/banger-test-busybox-%d", (int)getpid());
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
        dprintf(fd, "#!/bin/sh\nexec \"$@\"\n");
        close(fd);
    }
    return path;
}

void forget_fake_busybox(void) {
    unlink(fake_busybox());
}

static pid_t spawn(const char *option, int fd) {
    pid_t pid = fork();
    if (pid == 0) {
        char number[16];
        snprintf(number, sizeof number, "%d", fd);
        execl(agent_program, agent_program, "--busybox", fake_busybox(), option, number, (char *)NULL);
        _exit(127);
    }
    return pid;
}

bool agent_start(struct agent_under_test *agent) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        return false;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fake_busybox();
    *agent = (struct agent_under_test){.host = {.fd = ends[0]}, .pid = spawn("--serve-fd", ends[1]), .listener = -1};
    close(ends[1]);
    return agent->pid > 0 && agent_greet(agent);
}

bool agent_start_listening(struct agent_under_test *agent) {
    // An abstract address that the kernel chooses: nothing to remove afterwards.
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address.sun_family) != 0 || listen(listener, 8) != 0) {
        return false;
    }
    *agent = (struct agent_under_test){.host = {.fd = -1}, .pid = spawn("--listen-fd", listener), .listener = listener};
    fcntl(listener, F_SETFD, FD_CLOEXEC);
    return agent->pid > 0;
}

bool agent_connect(struct agent_under_test *agent) {
    struct sockaddr_un address;
    socklen_t size = sizeof address;
    if (getsockname(agent->listener, (struct sockaddr *)&address, &size) != 0) {
        return false;
    }
    peer_close(&agent->host);
    agent->host.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(agent->host.fd, (struct sockaddr *)&address, size) == 0 && agent_greet(agent);
}

// The reply may follow bytes of an earlier conversation, which a host skips: here by whole frames.
bool agent_greet(struct agent_under_test *agent) {
    uint8_t payload[HELLO_PAYLOAD_SIZE];
    store_u32(payload, GUEST_PROTOCOL_VERSION);
    random_bytes(payload + 4, HELLO_PAYLOAD_SIZE - 4);
    if (!peer_send(&agent->host, 0, GUEST_HELLO, payload, sizeof payload)) {
        return false;
    }
    struct frame frame;
    while (peer_read_type(&agent->host, GUEST_HELLO_REPLY, &frame)) {
        if (frame.length >= sizeof payload && memcmp(frame.payload, payload, sizeof payload) == 0) {
            return true;
        }
    }
    return false;
}

bool agent_stop(struct agent_under_test *agent) {
    if (agent->host.fd >= 0) {
        shutdown(agent->host.fd, SHUT_RDWR);
    }
    peer_close(&agent->host);
    if (agent->listener >= 0) {
        // A listening agent serves for ever.
        close(agent->listener);
        kill(agent->pid, SIGKILL);
        await_exit(agent->pid);
        return true;
    }
    return await_exit(agent->pid) == 0;
}

bool agent_run(struct agent_under_test *agent, uint32_t stream, const char *script, bool terminal, uint32_t credit) {
    struct buffer payload = {0};
    field_append_text(&payload, FIELD_ARGUMENT, "sh");
    field_append_text(&payload, FIELD_ARGUMENT, "-c");
    field_append_text(&payload, FIELD_ARGUMENT, script);
    if (terminal) {
        field_append(&payload, FIELD_TERMINAL, "\0\036\0\144", 4); // 30 rows, 100 columns
    }
    bool sent = peer_send(&agent->host, stream, GUEST_EXEC, buffer_bytes(&payload), payload.length)
        && (credit == 0 || peer_send_u32(&agent->host, stream, GUEST_WINDOW, credit));
    buffer_free(&payload);
    return sent;
}

struct outcome agent_collect(struct agent_under_test *agent, uint32_t stream) {
    struct outcome outcome = {0};
    struct buffer output = {0};
    struct frame frame;
    while (outcome.last == 0 && peer_read(&agent->host, &frame)) {
        if (frame.stream != stream) {
            continue;
        }
        if (frame.type == GUEST_STDOUT || frame.type == GUEST_STDERR) {
            buffer_append(&output, frame.payload, frame.length);
        } else if (frame.type != GUEST_WINDOW) {
            outcome.last = frame.type;
            outcome.kind = frame.length >= 4 ? load_u32(frame.payload) : 0;
            outcome.status = frame.length >= 8 ? load_u32(frame.payload + 4) : 0;
            if (frame.type == GUEST_REPLY) {
                buffer_append(&output, frame.payload, frame.length);
            }
        }
    }
    outcome.length = output.length;
    buffer_append(&output, "", 1);
    outcome.output = (char *)output.storage;
    return outcome;
}
