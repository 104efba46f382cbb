// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "session.h"

#include "../common/frame.h"
#include "complain.h"
#include "json.h"
#include "local.h"
#include "messages.h"
#include "request.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define STATUS_FAILED 1
#define STATUS_INTERRUPTED 130 // 128 + SIGINT, as shells have it

struct session {
    int connection;
    int signals;
    struct buffer in;
    struct buffer out;
    uint64_t credit;   // how many bytes of standard input the daemon takes
    bool input_ended;  // standard input is at its end
    bool cancelled;
    bool added;        // something was sent after the request
    bool heard;        // the daemon has answered something
    bool patient;      // a daemon that leaves is no failure
    bool ended;
    int status;
};

static void end(struct session *session, int status) {
    session->ended = true;
    session->status = status;
}

// A kernel resets the connection of whoever was not read to the end: a daemon on its way out never saw the request.
static bool unheard(const struct session *session, int error) {
    return error == ECONNRESET && !session->heard && !session->added;
}

static void transmit(struct session *session) {
    ssize_t length =
        send(session->connection, buffer_bytes(&session->out), session->out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (length > 0) {
        buffer_consume(&session->out, (size_t)length);
    } else if (length < 0 && errno != EAGAIN && errno != EINTR) {
        // What the daemon said before it closed is worth more than the failed write.
        buffer_truncate(&session->out, 0);
    }
}

static void cancel(struct session *session, int exit_status) {
    if (session->cancelled) {
        end(session, exit_status);
        return;
    }
    session->cancelled = true;
    session->added = true;
    frame_append(&session->out, 0, MESSAGE_CANCEL, NULL, 0);
    transmit(session);
}

static void send_size(struct session *session) {
    uint16_t rows;
    uint16_t columns;
    if (terminal_size(&rows, &columns)) {
        uint8_t size[4];
        store_u16(size, rows);
        store_u16(size + 2, columns);
        session->added = true;
        frame_append(&session->out, 0, MESSAGE_RESIZE, size, sizeof size);
    }
}

static void take_signal(struct session *session) {
    struct signalfd_siginfo signal;
    if (read(session->signals, &signal, sizeof signal) != (ssize_t)sizeof signal) {
        return;
    }
    int number = (int)signal.ssi_signo;
    if (number == SIGWINCH) {
        send_size(session);
    } else if (number != SIGCHLD) {
        cancel(session, 128 + number);
        // Ctrl-C lets the daemon say how it ended; whoever sends another signal wants this process gone.
        if (number != SIGINT) {
            end(session, 128 + number);
        }
    }
}

// Waits until the descriptor takes bytes, and hears signals meanwhile: a reader that stands still must not hold up Ctrl-C.
static bool await_writable(struct session *session, int descriptor) {
    struct pollfd polled[] = {
        {.fd = descriptor, .events = POLLOUT},
        {.fd = session->signals, .events = POLLIN},
    };
    while (!session->ended && polled[0].revents == 0) {
        if (poll(polled, 2, -1) > 0 && polled[1].revents != 0) {
            take_signal(session);
        }
    }
    return !session->ended;
}

// Who reads slowly slows the daemon down, never fills this process' memory. A pipe that is writable takes PIPE_BUF bytes without blocking.
static void write_all(struct session *session, int descriptor, const uint8_t *bytes, size_t length) {
    while (length > 0 && await_writable(session, descriptor)) {
        ssize_t written = write(descriptor, bytes, length < PIPE_BUF ? length : PIPE_BUF);
        if (written >= 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (errno != EINTR && errno != EAGAIN) {
            // Nobody reads any more: end as a program does that SIGPIPE ends. The daemon sees the connection close.
            end(session, errno == EPIPE ? 128 + SIGPIPE : STATUS_FAILED);
        }
    }
}

static void take_result(struct session *session, const struct json *message) {
    const struct json *status = json_member(json_member(message, "result"), "exit_status");
    if (status == NULL || status->kind != JSON_NUMBER) {
        end(session, 0);
    } else {
        bool possible = status->number >= 0 && status->number <= 255;
        end(session, possible ? (int)status->number : STATUS_FAILED);
    }
}

// What a daemon refuses, or breaks off, because it stops or a part of it is being replaced.
static bool is_leaving(const char *code) {
    return strcmp(code, "updating") == 0 || strcmp(code, "unavailable") == 0 || strcmp(code, "cancelled") == 0;
}

static void take_error(struct session *session, const struct json *message) {
    terminal_raw(false);
    if (session->patient && !session->cancelled && is_leaving(json_text(message, "code", ""))) {
        end(session, SESSION_LOST);
        return;
    }
    const char *op_id = json_text(message, "op_id", NULL);
    const char *text = json_text(message, "message", "the daemon gave no reason");
    if (op_id == NULL) {
        complain("%s", text);
    } else {
        complain("%s (%s)", text, op_id);
    }
    end(session, session->cancelled ? STATUS_INTERRUPTED : STATUS_FAILED);
}

static void run_locally(struct session *session, const struct json *message) {
    int status = local_run(message, session->signals);
    if (status >= LOCAL_TOLD_TO_END) {
        end(session, status - LOCAL_TOLD_TO_END);
        return;
    }
    uint8_t payload[4];
    store_u32(payload, (uint32_t)status);
    frame_append(&session->out, 0, MESSAGE_LOCAL_EXIT, payload, sizeof payload);
}

static void take_json(struct session *session, const struct frame *frame) {
    struct json *message = json_parse((const char *)frame->payload, frame->length);
    if (message == NULL) {
        complain("the daemon's answer is not JSON");
        end(session, STATUS_FAILED);
        return;
    }
    if (frame->type == MESSAGE_RESULT) {
        take_result(session, message);
    } else if (frame->type == MESSAGE_ERROR) {
        take_error(session, message);
    } else {
        run_locally(session, message);
    }
    json_free(message);
}

static void take_frame(struct session *session, const struct frame *frame) {
    switch (frame->type) {
    case MESSAGE_STDOUT:
        write_all(session, STDOUT_FILENO, frame->payload, frame->length);
        break;
    case MESSAGE_STDERR:
        write_all(session, STDERR_FILENO, frame->payload, frame->length);
        break;
    case MESSAGE_WINDOW:
        session->credit += frame->length == 4 ? load_u32(frame->payload) : 0;
        break;
    case MESSAGE_TERMINAL:
        terminal_raw(frame->length == 1 && frame->payload[0] == 1);
        break;
    case MESSAGE_RESULT:
    case MESSAGE_ERROR:
    case MESSAGE_RUN_LOCAL:
        take_json(session, frame);
        break;
    default:
        break; // progress is for programs; a newer daemon may say more than this client knows
    }
}

static void take_frames(struct session *session) {
    struct frame frame;
    size_t size;
    while (!session->ended) {
        enum frame_status status =
            frame_decode(buffer_bytes(&session->in), session->in.length, LONGEST_MESSAGE, &frame, &size);
        if (status == FRAME_TOO_LONG) {
            complain("the daemon's answer is longer than the protocol allows");
            end(session, STATUS_FAILED);
        }
        if (status != FRAME_COMPLETE) {
            return;
        }
        take_frame(session, &frame);
        buffer_consume(&session->in, size);
    }
}

static void receive(struct session *session) {
    uint8_t *room = buffer_reserve(&session->in, LONGEST_INPUT);
    if (room == NULL) {
        complain("out of memory");
        end(session, STATUS_FAILED);
        return;
    }
    ssize_t length = recv(session->connection, room, LONGEST_INPUT, MSG_DONTWAIT);
    if (length > 0) {
        session->heard = true;
        buffer_commit(&session->in, (size_t)length);
        take_frames(session);
    } else if (length < 0 && unheard(session, errno)) {
        end(session, SESSION_UNHEARD);
    } else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
        end(session, SESSION_LOST);
    }
}

static void read_input(struct session *session) {
    uint8_t bytes[LONGEST_INPUT];
    size_t wanted = session->credit < sizeof bytes ? (size_t)session->credit : sizeof bytes;
    ssize_t length = read(STDIN_FILENO, bytes, wanted);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (length <= 0) {
        session->input_ended = true;
        length = 0;
    }
    session->credit -= (uint64_t)length;
    frame_append(&session->out, 0, MESSAGE_STDIN, bytes, (size_t)length);
}

static void relay(struct session *session) {
    while (!session->ended) {
        bool wants_input = session->credit > 0 && !session->input_ended && session->out.length < LONGEST_INPUT;
        struct pollfd polled[] = {
            {.fd = session->connection, .events = (short)(POLLIN | (session->out.length > 0 ? POLLOUT : 0))},
            {.fd = session->signals, .events = POLLIN},
            {.fd = wants_input ? STDIN_FILENO : -1, .events = POLLIN},
        };
        if (poll(polled, sizeof polled / sizeof polled[0], -1) < 0) {
            if (errno == EINTR) {
                continue;
            }
            complain("cannot wait for the daemon: %s", strerror(errno));
            end(session, STATUS_FAILED);
            return;
        }
        if (polled[1].revents != 0) {
            take_signal(session);
        }
        if ((polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            receive(session);
        }
        if (!session->ended && polled[2].revents != 0) {
            read_input(session);
        }
        if (!session->ended && session->out.length > 0) {
            transmit(session);
        }
    }
}

static int watch_signals(void) {
    signal(SIGPIPE, SIG_IGN);
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    sigaddset(&watched, SIGQUIT);
    sigaddset(&watched, SIGWINCH);
    sigaddset(&watched, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

int session_run(int connection, bool patient, int count, char **words) {
    struct session session = {.connection = connection, .signals = watch_signals(), .patient = patient};
    if (session.signals < 0 || !request_append(&session.out, count, words)) {
        complain("cannot send the request: %s", strerror(errno));
        return STATUS_FAILED;
    }
    relay(&session);
    terminal_raw(false);
    close(connection);
    close(session.signals);
    buffer_free(&session.in);
    buffer_free(&session.out);
    return session.status;
}
