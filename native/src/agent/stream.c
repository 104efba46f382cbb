// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "stream.h"

#include "guest_protocol.h"
#include "reply.h"

#include "../common/frame.h"
#include "../common/monotonic.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void close_fd(int *fd) {
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void close_channels(struct stream *stream) {
    close_fd(&stream->process.input);
    close_fd(&stream->process.output);
    close_fd(&stream->process.error);
    close_fd(&stream->process.status);
    buffer_free(&stream->input);
}

void stream_free(struct stream *stream) {
    close_channels(stream);
    command_free(&stream->command);
    free(stream);
}

// ---- signals ----

void stream_signal(const struct stream *stream, int signal_number) {
    // Once reaped the number may be somebody else's.
    if (stream->exited) {
        return;
    }
    // Before the child has made its session there is no group.
    if (kill(-stream->process.pid, signal_number) != 0) {
        kill(stream->process.pid, signal_number);
    }
}

void stream_hang_up(struct stream *stream) {
    if (stream->kill_at != NEVER) {
        return;
    }
    if (stream->exited) {
        // Only what it left in the background is waited for.
        close_fd(&stream->process.output);
        close_fd(&stream->process.error);
        return;
    }
    stream_signal(stream, SIGHUP);
    stream->kill_at = monotonic_ms() + CLOSE_GRACE_MS;
}

void stream_abandon(struct stream *stream) {
    close_channels(stream);
    stream_hang_up(stream);
}

static pid_t session_of(const char *pid) {
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return -1;
    }
    char line[512];
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    // The second field is the program's name in parentheses, which may hold anything.
    const char *rest = strrchr(line, ')');
    int session = -1;
    if (rest == NULL || sscanf(rest + 1, " %*c %*d %*d %d", &session) != 1) {
        return -1;
    }
    return session;
}

// Jobs of an interactive shell have process groups of their own; the session is what they share.
static void kill_session(pid_t session) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(processes)) != NULL) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') {
            continue;
        }
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 1 && session_of(entry->d_name) == session) {
            kill(pid, SIGKILL);
        }
    }
    closedir(processes);
}

void stream_kill(struct stream *stream) {
    stream->kill_at = NEVER;
    if (!stream->exited) {
        kill_session(stream->process.pid);
        stream_signal(stream, SIGKILL);
    }
    // Whatever left the session may hold the pipes for ever; nobody waits for it.
    close_fd(&stream->process.output);
    close_fd(&stream->process.error);
}

// ---- from the host ----

bool stream_accept_input(struct stream *stream, const uint8_t *bytes, uint32_t length) {
    if (stream->input_ended || length > stream->input_credit) {
        return false;
    }
    if (length == 0) {
        stream->input_ended = true;
        return true;
    }
    stream->input_credit -= length;
    // A command that closed its input, or is gone, loses the rest, as with a pipe.
    return stream->process.input < 0 || buffer_append(&stream->input, bytes, length);
}

void stream_add_output_credit(struct stream *stream, uint32_t credit) {
    stream->output_credit += credit;
    if (stream->exited) {
        // The time without credit was not the command's silence.
        stream->quiet_at = monotonic_ms() + LINGER_MS;
    }
}

void stream_resize(const struct stream *stream, uint16_t rows, uint16_t columns) {
    if (stream->command.terminal && stream->process.output >= 0) {
        ioctl(stream->process.output, TIOCSWINSZ, &(struct winsize){.ws_row = rows, .ws_col = columns});
    }
}

// ---- between the process and the host ----

static void end_input(struct stream *stream) {
    if (stream->command.terminal && stream->process.input >= 0) {
        struct termios settings;
        unsigned char end = 4; // ^D, unless the terminal says otherwise
        if (tcgetattr(stream->process.input, &settings) == 0) {
            end = settings.c_cc[VEOF];
        }
        ssize_t ignored = write(stream->process.input, &end, 1);
        (void)ignored;
    }
    close_fd(&stream->process.input);
}

static void grant_input(struct stream *stream, struct buffer *out) {
    if (stream->orphaned || stream->input_ended || stream->broken) {
        return;
    }
    uint32_t held = (uint32_t)stream->input.length + stream->input_credit;
    // Half a window at a time: fewer frames.
    if (held <= INPUT_WINDOW / 2) {
        reply_window(out, stream->id, INPUT_WINDOW - held);
        stream->input_credit += INPUT_WINDOW - held;
    }
}

void stream_write_input(struct stream *stream, struct buffer *out) {
    while (stream->process.input >= 0 && stream->input.length > 0) {
        ssize_t count = write(stream->process.input, buffer_bytes(&stream->input), stream->input.length);
        if (count > 0) {
            buffer_consume(&stream->input, (size_t)count);
        } else if (count < 0 && errno == EAGAIN) {
            break;
        } else if (count == 0 || errno != EINTR) {
            close_fd(&stream->process.input);
        }
    }
    if (stream->process.input < 0) {
        buffer_free(&stream->input);
    } else if (stream->input_ended && stream->input.length == 0) {
        end_input(stream);
    }
    grant_input(stream, out);
}

void stream_read_output(struct stream *stream, int *fd, uint8_t type, struct buffer *out) {
    size_t size = stream->output_credit < OUTPUT_CHUNK ? (size_t)stream->output_credit : OUTPUT_CHUNK;
    size_t mark = frame_begin(out, stream->id, type);
    uint8_t *room = buffer_reserve(out, size);
    if (room == NULL) {
        return;
    }
    ssize_t count;
    do {
        count = read(*fd, room, size);
    } while (count < 0 && errno == EINTR);
    if (count > 0) {
        buffer_commit(out, (size_t)count);
        frame_end(out, mark);
        stream->output_credit -= (uint64_t)count;
        if (stream->exited) {
            stream->quiet_at = monotonic_ms() + LINGER_MS;
        }
        return;
    }
    buffer_truncate(out, mark);
    // EIO is how a terminal says that nobody has it open any more.
    if (count == 0 || errno != EAGAIN) {
        close_fd(fd);
    }
}

static void start_failed(struct stream *stream, const struct start_failure *failure, struct buffer *out) {
    if (!stream->orphaned) {
        char text[512];
        start_failure_text(&stream->command, failure, text, sizeof text);
        (failure->stage == STAGE_EXECUTE ? reply_program_error : reply_error)(out, stream->id, (uint32_t)failure->error, text);
    }
    stream->broken = true;
    close_channels(stream);
}

static void read_answer(struct stream *stream) {
    struct helper_answer answer;
    ssize_t count = read(stream->process.status, &answer, sizeof answer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    close_fd(&stream->process.status);
    if (count == (ssize_t)sizeof answer) {
        stream->answer = answer;
    } else {
        stream->answer = (struct helper_answer){.error = EIO, .bytes = "the guest could not do that; its console has the reason"};
    }
}

void stream_read_status(struct stream *stream, struct buffer *out) {
    if (stream->replies) {
        read_answer(stream);
        return;
    }
    struct start_failure failure;
    ssize_t count = read(stream->process.status, &failure, sizeof failure);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    close_fd(&stream->process.status);
    if (count == (ssize_t)sizeof failure) {
        start_failed(stream, &failure, out);
        return;
    }
    stream->started = true;
    stream_write_input(stream, out); // grants the first credit
}

// ---- the end ----

void stream_process_ended(struct stream *stream, int wait_status) {
    stream->exited = true;
    stream->wait_status = wait_status;
    stream->quiet_at = monotonic_ms() + LINGER_MS;
    close_fd(&stream->process.input);
    buffer_free(&stream->input);
}

// Asks without reading, because without credit nothing may be read.
static bool output_remains(const struct stream *stream) {
    struct pollfd pipes[2] = {
        {.fd = stream->process.output, .events = POLLIN},
        {.fd = stream->process.error, .events = POLLIN},
    };
    if (poll(pipes, 2, 0) < 0) {
        return true;
    }
    bool open = false;
    for (int i = 0; i < 2; i++) {
        if ((pipes[i].revents & POLLIN) != 0) {
            return true;
        }
        open = open || (pipes[i].fd >= 0 && pipes[i].revents == 0);
    }
    return open && monotonic_ms() < stream->quiet_at;
}

static void send_last(const struct stream *stream, struct buffer *out) {
    if (stream->replies) {
        const struct helper_answer *answer = &stream->answer;
        if (answer->error == 0) {
            frame_append(out, stream->id, GUEST_REPLY, answer->bytes, answer->length);
        } else {
            reply_error(out, stream->id, (uint32_t)answer->error, answer->bytes);
        }
        return;
    }
    uint8_t payload[8];
    bool killed = WIFSIGNALED(stream->wait_status);
    store_u32(payload, killed ? 1 : 0);
    store_u32(payload + 4, (uint32_t)(killed ? WTERMSIG(stream->wait_status) : WEXITSTATUS(stream->wait_status)));
    frame_append(out, stream->id, GUEST_EXIT, payload, sizeof payload);
}

bool stream_finish(struct stream *stream, struct buffer *out) {
    if (!stream->exited) {
        return false;
    }
    if (stream->orphaned || stream->broken) {
        return true;
    }
    // A failure to start is told through this pipe, which the child's end has just closed.
    if (stream->process.status >= 0 || output_remains(stream)) {
        return false;
    }
    send_last(stream, out);
    return true;
}

int64_t stream_deadline(const struct stream *stream) {
    int64_t deadline = stream->kill_at;
    // Once that has passed, what remains waits for credit.
    if (stream->exited && stream->quiet_at < deadline && stream->quiet_at > monotonic_ms()) {
        deadline = stream->quiet_at;
    }
    return deadline;
}
