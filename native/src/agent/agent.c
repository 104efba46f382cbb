// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "agent.h"

#include "guest_protocol.h"
#include "hello.h"
#include "power.h"
#include "reply.h"

#include "../common/monotonic.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_CHUNK ((size_t)64 * 1024)
// How often a link that does not exist yet is looked for.
#define LINK_RETRY_MS 100

// ---- streams ----

struct stream *agent_find_stream(const struct agent *agent, uint32_t id) {
    for (struct stream *stream = agent->streams; stream != NULL; stream = stream->next) {
        if (stream->id == id && !stream->orphaned && !stream->broken) {
            return stream;
        }
    }
    return NULL;
}

struct stream *agent_add_stream(struct agent *agent, uint32_t id) {
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        return NULL;
    }
    stream->id = id;
    stream->process = (struct process){.input = -1, .output = -1, .error = -1, .status = -1};
    stream->quiet_at = NEVER;
    stream->kill_at = NEVER;
    // At the end: the streams take turns in this order.
    struct stream **end = &agent->streams;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = stream;
    agent->stream_count++;
    return stream;
}

void agent_abandon_streams(struct agent *agent) {
    for (struct stream *stream = agent->streams; stream != NULL; stream = stream->next) {
        if (!stream->orphaned) {
            stream->orphaned = true;
            stream_abandon(stream);
        }
    }
}

static void finish_streams(struct agent *agent) {
    struct stream **at = &agent->streams;
    int64_t now = monotonic_ms();
    while (*at != NULL) {
        struct stream *stream = *at;
        if (stream->kill_at <= now) {
            stream_kill(stream);
        }
        if (stream_finish(stream, &agent->out)) {
            *at = stream->next;
            agent->stream_count--;
            stream_free(stream);
        } else {
            at = &stream->next;
        }
    }
}

static void reap(struct agent *agent) {
    struct signalfd_siginfo ignored;
    while (read(agent->signals, &ignored, sizeof ignored) > 0) {
    }
    int wait_status;
    pid_t pid;
    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
        for (struct stream *stream = agent->streams; stream != NULL; stream = stream->next) {
            if (stream->process.pid == pid && !stream->exited) {
                stream_process_ended(stream, wait_status);
            }
        }
    }
}

// ---- the link ----

// What was received stays: on a port the next host's HELLO may be among it already.
static void disconnected(struct agent *agent) {
    agent_abandon_streams(agent);
    buffer_free(&agent->out);
    agent->synchronized = false;
    agent->stalled_at = NEVER;
}

static void lose_synchronization(struct agent *agent, const char *why) {
    reply_error(&agent->out, 0, EPROTO, why);
    agent_abandon_streams(agent);
    agent->synchronized = false;
}

// Frames out of what was received. Stops when the host does not take the replies.
static void decode(struct agent *agent) {
    while (agent->in.length > 0 && agent->out.length < OUTPUT_QUEUE_MAXIMUM) {
        if (!agent->synchronized) {
            buffer_consume(&agent->in, hello_find(buffer_bytes(&agent->in), agent->in.length));
        }
        struct frame frame;
        size_t size;
        switch (frame_decode(buffer_bytes(&agent->in), agent->in.length, GUEST_PAYLOAD_LIMIT, &frame, &size)) {
        case FRAME_INCOMPLETE:
            return;
        case FRAME_TOO_LONG:
            lose_synchronization(agent, "a frame of more than 256 KiB: say HELLO again");
            continue;
        case FRAME_COMPLETE:
            agent_handle(agent, &frame);
            buffer_consume(&agent->in, size);
            break;
        }
    }
}

static void receive(struct agent *agent) {
    while (agent->in.length < GUEST_PAYLOAD_LIMIT + READ_CHUNK && agent->out.length < OUTPUT_QUEUE_MAXIMUM) {
        uint8_t *room = buffer_reserve(&agent->in, READ_CHUNK);
        if (room == NULL) {
            // No memory: this conversation is lost, the next may fare better.
            buffer_free(&agent->in);
            disconnected(agent);
            return;
        }
        size_t count = 0;
        enum link_read_status status = link_read(&agent->link, room, READ_CHUNK, &count);
        if (status == LINK_AWAY) {
            disconnected(agent);
            link_drop(&agent->link);
            decode(agent);
        }
        if (status != LINK_DATA) {
            break;
        }
        buffer_commit(&agent->in, count);
        agent->stalled_at = monotonic_ms() + STALL_MS;
        decode(agent);
    }
    if (agent->in.length == 0) {
        agent->stalled_at = NEVER;
    }
}

// See hello.h.
static void look_for_cut_frame(struct agent *agent) {
    if (agent->stalled_at > monotonic_ms()) {
        return;
    }
    agent->stalled_at = NEVER;
    size_t at;
    if (agent->in.length > 0 && hello_at_end(buffer_bytes(&agent->in), agent->in.length, &at)) {
        buffer_consume(&agent->in, at);
        agent->synchronized = false;
        decode(agent);
    }
}

static void transmit(struct agent *agent) {
    if (agent->out.failed) {
        // As above.
        disconnected(agent);
        link_drop(&agent->link);
        return;
    }
    if (agent->out.length > 0) {
        buffer_consume(&agent->out, link_write(&agent->link, buffer_bytes(&agent->out), agent->out.length));
    }
}

static void serve_link(struct agent *agent) {
    if (!agent->linked) {
        agent->linked = link_find(&agent->link);
        return;
    }
    if (link_update(&agent->link)) {
        buffer_free(&agent->in);
        disconnected(agent);
    }
    decode(agent);
    receive(agent);
    look_for_cut_frame(agent);
}

// ---- the loop ----

struct wait_set {
    struct pollfd fds[2 + 4 * STREAM_LIMIT * 2];
    nfds_t count;
};

static void wait_for(struct wait_set *set, int fd, short events) {
    if (fd >= 0 && set->count < sizeof set->fds / sizeof *set->fds) {
        set->fds[set->count++] = (struct pollfd){.fd = fd, .events = events};
    }
}

static bool is_ready(const struct wait_set *set, int fd) {
    for (nfds_t i = 0; i < set->count; i++) {
        if (set->fds[i].fd == fd) {
            return set->fds[i].revents != 0;
        }
    }
    return false;
}

static void wait_for_stream(const struct agent *agent, const struct stream *stream, struct wait_set *set) {
    wait_for(set, stream->process.status, POLLIN);
    if (stream_wants_input(stream)) {
        wait_for(set, stream->process.input, POLLOUT);
    }
    if (agent->out.length >= OUTPUT_QUEUE_LIMIT) {
        return;
    }
    if (stream_wants_output(stream, stream->process.output)) {
        wait_for(set, stream->process.output, POLLIN);
    }
    if (stream_wants_output(stream, stream->process.error)) {
        wait_for(set, stream->process.error, POLLIN);
    }
}

static int64_t earlier(int64_t one, int64_t other) {
    return one < other ? one : other;
}

static int64_t next_deadline(const struct agent *agent) {
    int64_t deadline = earlier(agent->stalled_at, earlier(agent->power_off_at, agent->power_signal_at));
    if (!agent->linked) {
        deadline = earlier(deadline, monotonic_ms() + LINK_RETRY_MS);
    } else if (agent->link.readable && agent->out.length < OUTPUT_QUEUE_MAXIMUM) {
        deadline = 0; // reading stopped early, and edges do not repeat themselves
    }
    for (const struct stream *stream = agent->streams; stream != NULL; stream = stream->next) {
        deadline = earlier(deadline, stream_deadline(stream));
    }
    return deadline;
}

static void wait_for_all(const struct agent *agent, struct wait_set *set) {
    set->count = 0;
    wait_for(set, agent->signals, POLLIN);
    if (agent->linked) {
        wait_for(set, agent->link.events, POLLIN);
    }
    for (const struct stream *stream = agent->streams; stream != NULL; stream = stream->next) {
        wait_for_stream(agent, stream, set);
    }
    poll(set->fds, set->count, poll_timeout(next_deadline(agent)));
}

static void serve_stream(struct agent *agent, struct stream *stream, const struct wait_set *set) {
    if (is_ready(set, stream->process.status)) {
        stream_read_status(stream, &agent->out);
    }
    if (stream_wants_input(stream) && is_ready(set, stream->process.input)) {
        stream_write_input(stream, &agent->out);
    }
    if (stream_wants_output(stream, stream->process.output) && is_ready(set, stream->process.output)) {
        stream_read_output(stream, &stream->process.output, GUEST_STDOUT, &agent->out);
    }
    if (stream_wants_output(stream, stream->process.error) && is_ready(set, stream->process.error)) {
        stream_read_output(stream, &stream->process.error, GUEST_STDERR, &agent->out);
    }
}

static bool prepare(struct agent *agent) {
    // systemd and a forced stop send these to everybody; the agent reports until the end.
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    agent->signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
    agent->stalled_at = NEVER;
    agent->power_off_at = NEVER;
    agent->power_signal_at = NEVER;
    return agent->signals >= 0;
}

static void release(struct agent *agent) {
    link_close(&agent->link);
    close(agent->signals);
    buffer_free(&agent->in);
    buffer_free(&agent->out);
}

int agent_serve(struct agent *agent) {
    if (!prepare(agent)) {
        return 1;
    }
    struct wait_set set = {.count = 0};
    for (;;) {
        serve_link(agent);
        // Ready descriptors are served before the dead are counted: what a command wrote last is read before it is gone.
        for (struct stream *stream = agent->streams; stream != NULL; stream = stream->next) {
            serve_stream(agent, stream, &set);
        }
        reap(agent);
        finish_streams(agent);
        transmit(agent);
        power_step(agent);
        if (agent->link.kind == LINK_GIVEN && agent->linked && agent->link.fd < 0 && agent->streams == NULL) {
            release(agent);
            return 0;
        }
        wait_for_all(agent, &set);
    }
}
