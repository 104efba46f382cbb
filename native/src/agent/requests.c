// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "agent.h"

#include "configure.h"
#include "disks.h"
#include "guest_protocol.h"
#include "ports.h"
#include "power.h"
#include "reply.h"
#include "statistics.h"

#include "../common/fields.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef BANGER_VERSION
#define BANGER_VERSION "development"
#endif

static void refuse(struct agent *agent, uint32_t stream, int error, const char *text) {
    reply_error(&agent->out, stream, (uint32_t)error, text);
}

// ---- HELLO ----

static void append_boot_id(struct buffer *out) {
    char id[64] = "";
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file != NULL) {
        if (fgets(id, sizeof id, file) != NULL) {
            id[strcspn(id, "\n")] = '\0';
        }
        fclose(file);
    }
    field_append_text(out, FIELD_BOOT_ID, id);
}

static void handle_hello(struct agent *agent, const struct frame *frame) {
    if (frame->length != HELLO_PAYLOAD_SIZE) {
        refuse(agent, frame->stream, EINVAL, "HELLO is a version and 16 bytes");
        return;
    }
    agent_abandon_streams(agent);
    agent->synchronized = true;
    link_expect_arrival(&agent->link);
    uint8_t payload[HELLO_PAYLOAD_SIZE];
    store_u32(payload, GUEST_PROTOCOL_VERSION);
    memcpy(payload + 4, frame->payload + 4, HELLO_PAYLOAD_SIZE - 4);
    size_t mark = frame_begin(&agent->out, 0, GUEST_HELLO_REPLY);
    buffer_append(&agent->out, payload, sizeof payload);
    append_boot_id(&agent->out);
    field_append_text(&agent->out, FIELD_AGENT_VERSION, BANGER_VERSION);
    field_append_text(&agent->out, FIELD_INIT, agent->init);
    frame_end(&agent->out, mark);
}

// ---- requests with a command ----

static void start(struct agent *agent, uint32_t id, struct command *command, bool input_ended) {
    struct process process;
    int error = command_start(command, &process);
    if (error != 0) {
        struct start_failure failure = {.error = error, .stage = command->terminal ? STAGE_TERMINAL : STAGE_PREPARE};
        char text[512];
        start_failure_text(command, &failure, text, sizeof text);
        refuse(agent, id, error, text);
        command_free(command);
        return;
    }
    struct stream *stream = agent_add_stream(agent, id);
    if (stream == NULL) {
        // The child sees its pipes close; there is no memory to do better.
        kill(process.pid, SIGKILL);
        command_free(command);
        refuse(agent, id, ENOMEM, "the guest is out of memory");
        return;
    }
    stream->command = *command;
    stream->process = process;
    stream->input_ended = input_ended;
    *command = (struct command){0};
}

// One field of EXEC. Returns an errno.
static int read_exec_field(const struct field *field, struct command *command) {
    switch (field->tag) {
    case FIELD_ARGUMENT:
        return text_list_add(&command->arguments, field_text(field)) ? 0 : EINVAL;
    case FIELD_ENVIRONMENT:
        return field->length > 0 && field->value[0] != '=' && memchr(field->value, '=', field->length) != NULL
                && text_list_add(&command->environment, field_text(field))
            ? 0
            : EINVAL;
    case FIELD_DIRECTORY:
        free(command->directory);
        command->directory = field_text(field);
        return command->directory != NULL && command->directory[0] == '/' ? 0 : EINVAL;
    case FIELD_USER:
        free(command->user);
        command->user = field_text(field);
        return command->user != NULL ? 0 : EINVAL;
    case FIELD_TERMINAL:
        if (field->length != 4) {
            return EINVAL;
        }
        command->terminal = true;
        command->rows = load_u16(field->value);
        command->columns = load_u16(field->value + 2);
        return 0;
    default:
        return 0;
    }
}

static void handle_exec(struct agent *agent, const struct frame *frame) {
    struct command command = {.shell = agent->busybox};
    struct field_reader reader = field_reader_over(frame->payload, frame->length);
    struct field field;
    int error = 0;
    while (error == 0 && field_next(&reader, &field)) {
        error = read_exec_field(&field, &command);
    }
    if (error != 0 || reader.malformed || command.arguments.count == 0) {
        command_free(&command);
        refuse(agent, frame->stream, EINVAL, "EXEC needs ARGUMENT fields without NUL, NAME=value, an absolute DIRECTORY");
        return;
    }
    start(agent, frame->stream, &command, false);
}

// The PATH fields of a request, absolute and without NUL. False when there is none or one is not.
static bool read_paths(const struct frame *frame, struct text_list *paths) {
    struct field_reader reader = field_reader_over(frame->payload, frame->length);
    struct field field;
    while (field_next(&reader, &field)) {
        if (field.tag != FIELD_PATH) {
            continue;
        }
        if (field.length == 0 || field.value[0] != '/' || !text_list_add(paths, field_text(&field))) {
            return false;
        }
    }
    return !reader.malformed && paths->count > 0;
}

static bool add_arguments(struct command *command, const char *const *arguments) {
    for (; *arguments != NULL; arguments++) {
        if (!text_list_add_copy(&command->arguments, *arguments)) {
            return false;
        }
    }
    return true;
}

static void handle_put(struct agent *agent, const struct frame *frame) {
    struct text_list paths = {0};
    struct command command = {.make_directory = true};
    // Owners by number: the names in the stream are those of another machine.
    const char *const arguments[] = {agent->busybox, "tar", "-x", "-p", "--numeric-owner", "-f", "-", NULL};
    if (!read_paths(frame, &paths) || paths.count != 1) {
        refuse(agent, frame->stream, EINVAL, "PUT needs one absolute PATH");
    } else if ((command.directory = strdup(paths.items[0])) == NULL || !add_arguments(&command, arguments)) {
        command_free(&command);
        refuse(agent, frame->stream, ENOMEM, "the guest is out of memory");
    } else {
        start(agent, frame->stream, &command, false);
    }
    text_list_free(&paths);
}

static void strip_slashes(char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        path[--length] = '\0';
    }
}

// The paths as names below `parent`, which is the parent directory of the first. Returns an errno.
static int name_paths(const struct text_list *paths, struct command *command) {
    strip_slashes(paths->items[0]);
    size_t parent = (size_t)(strrchr(paths->items[0], '/') - paths->items[0]) + 1; // with its slash
    for (size_t i = 0; i < paths->count; i++) {
        strip_slashes(paths->items[i]);
        if (strncmp(paths->items[i], paths->items[0], parent) != 0) {
            return EINVAL;
        }
        const char *name = paths->items[i] + parent;
        if (!text_list_add_copy(&command->arguments, *name == '\0' ? "." : name)) {
            return ENOMEM;
        }
    }
    command->directory = strndup(paths->items[0], parent);
    return command->directory == NULL ? ENOMEM : 0;
}

static void handle_get(struct agent *agent, const struct frame *frame) {
    struct text_list paths = {0};
    struct command command = {0};
    const char *const arguments[] = {agent->busybox, "tar", "-c", "--numeric-owner", "-f", "-", "--", NULL};
    int error = read_paths(frame, &paths) ? 0 : EINVAL;
    if (error == 0 && !add_arguments(&command, arguments)) {
        error = ENOMEM;
    }
    if (error == 0) {
        error = name_paths(&paths, &command);
    }
    if (error == 0) {
        start(agent, frame->stream, &command, true);
    } else {
        command_free(&command);
        refuse(agent, frame->stream, error, "GET needs absolute PATHs, all below the parent directory of the first");
    }
    text_list_free(&paths);
}

// ---- other requests ----

static void ask_helper(
    struct agent *agent, uint32_t id, void (*work)(const char *argument, struct helper_answer *answer), const char *argument) {
    struct process process;
    int error = helper_ask(work, argument, &process);
    struct stream *stream = error == 0 ? agent_add_stream(agent, id) : NULL;
    if (stream == NULL) {
        refuse(agent, id, error == 0 ? ENOMEM : error, "cannot start a process for the request");
        return;
    }
    stream->process = process;
    stream->replies = true;
}

static void synchronize(const char *argument, struct helper_answer *answer) {
    (void)argument;
    sync();
    answer->error = 0;
}

static void handle_sync(struct agent *agent, const struct frame *frame) {
    ask_helper(agent, frame->stream, synchronize, NULL);
}

static void answer_growth(const char *path, struct helper_answer *answer) {
    char device[300];
    uint64_t size = 0;
    int error = disk_mounted_on(path, device, sizeof device);
    if (error != 0) {
        answer->error = error;
        snprintf(answer->bytes, sizeof answer->bytes, "no ext4 file system of a disk is mounted on %.150s%s%s", path,
            error == EINVAL ? "" : ": ", error == EINVAL ? "" : strerror(error));
    } else if ((error = disk_grow(device, path, &size)) != 0) {
        // EOPNOTSUPP is kept for requests that the agent does not know.
        answer->error = error == EOPNOTSUPP ? EINVAL : error;
        snprintf(answer->bytes, sizeof answer->bytes, "the file system on %.150s cannot be grown: %s", path, strerror(error));
    } else {
        uint8_t value[8];
        struct buffer fields = {0};
        store_u64(value, size);
        field_append(&fields, FIELD_SIZE, value, sizeof value);
        answer->length = (uint32_t)fields.length;
        memcpy(answer->bytes, buffer_bytes(&fields), fields.length);
        buffer_free(&fields);
    }
}

static void handle_grow(struct agent *agent, const struct frame *frame) {
    struct text_list paths = {0};
    if (!read_paths(frame, &paths) || paths.count != 1) {
        refuse(agent, frame->stream, EINVAL, "GROW needs one absolute PATH");
    } else if (!agent->in_guest) {
        refuse(agent, frame->stream, EPERM, "this agent does not run in a guest");
    } else {
        ask_helper(agent, frame->stream, answer_growth, paths.items[0]);
    }
    text_list_free(&paths);
}

static void handle_statistics(struct agent *agent, const struct frame *frame) {
    size_t mark = frame_begin(&agent->out, frame->stream, GUEST_REPLY);
    statistics_append(&agent->out, agent->mounts);
    frame_end(&agent->out, mark);
}

static void handle_ping(struct agent *agent, const struct frame *frame) {
    if (frame->length > PING_LIMIT) {
        refuse(agent, frame->stream, EINVAL, "PING carries at most 64 bytes");
    } else {
        frame_append(&agent->out, frame->stream, GUEST_REPLY, frame->payload, frame->length);
    }
}

static void handle_configure(struct agent *agent, const struct frame *frame) {
    char text[512];
    int error = EPERM;
    if (agent->in_guest) {
        error = configure_from_fields(frame->payload, frame->length, text, sizeof text);
    } else {
        snprintf(text, sizeof text, "this agent does not run in a guest");
    }
    if (error == 0) {
        frame_append(&agent->out, frame->stream, GUEST_REPLY, NULL, 0);
    } else {
        refuse(agent, frame->stream, error, text);
    }
}

static void handle_power_off(struct agent *agent, const struct frame *frame) {
    struct field_reader reader = field_reader_over(frame->payload, frame->length);
    struct field field;
    uint32_t grace = 0;
    bool valid = true;
    while (field_next(&reader, &field)) {
        if (field.tag == FIELD_GRACE) {
            valid = field.length == 4;
            grace = valid ? load_u32(field.value) : 0;
        }
    }
    if (!valid || reader.malformed) {
        refuse(agent, frame->stream, EINVAL, "GRACE is a number of milliseconds");
    } else if (!agent->in_guest) {
        refuse(agent, frame->stream, EPERM, "this agent does not run in a guest");
    } else {
        frame_append(&agent->out, frame->stream, GUEST_REPLY, NULL, 0);
        power_begin(agent, grace);
    }
}

// ---- frames for a stream in progress ----

static bool has_size(struct agent *agent, const struct frame *frame, uint32_t size, const char *text) {
    if (frame->length == size) {
        return true;
    }
    refuse(agent, 0, EINVAL, text);
    return false;
}

static void handle_stream_frame(struct agent *agent, struct stream *stream, const struct frame *frame) {
    switch (frame->type) {
    case GUEST_STDIN:
        if (!stream_accept_input(stream, frame->payload, frame->length)) {
            refuse(agent, stream->id, EPROTO, "STDIN after its end or beyond the granted window");
            stream->broken = true;
            stream_abandon(stream);
        } else if (stream->started) {
            stream_write_input(stream, &agent->out);
        }
        break;
    case GUEST_WINDOW:
        if (has_size(agent, frame, 4, "WINDOW carries u32")) {
            stream_add_output_credit(stream, load_u32(frame->payload));
        }
        break;
    case GUEST_SIGNAL:
        if (has_size(agent, frame, 4, "SIGNAL carries u32")) {
            uint32_t number = load_u32(frame->payload);
            if (number >= 1 && number < (uint32_t)NSIG) {
                stream_signal(stream, (int)number);
            } else {
                refuse(agent, 0, EINVAL, "no such signal");
            }
        }
        break;
    case GUEST_RESIZE:
        if (has_size(agent, frame, 4, "RESIZE carries u16 rows, u16 columns")) {
            stream_resize(stream, load_u16(frame->payload), load_u16(frame->payload + 2));
        }
        break;
    default: // GUEST_CLOSE
        stream_hang_up(stream);
        break;
    }
}

static bool is_new_request(struct agent *agent, const struct frame *frame) {
    if (frame->stream == 0) {
        refuse(agent, 0, EINVAL, "a request needs a stream number that is not 0");
    } else if (agent_find_stream(agent, frame->stream) != NULL) {
        // On stream 0: an ERROR on its own would end the request in progress.
        refuse(agent, 0, EBUSY, "the stream number is in use");
    } else if (agent->stream_count >= STREAM_LIMIT) {
        refuse(agent, frame->stream, EAGAIN, "too many requests at once: wait for one to end");
    } else {
        return true;
    }
    return false;
}

typedef void handler(struct agent *agent, const struct frame *frame);

static void handle_ports(struct agent *agent, const struct frame *frame) {
    size_t mark = frame_begin(&agent->out, frame->stream, GUEST_REPLY);
    ports_append(&agent->out);
    frame_end(&agent->out, mark);
}

static handler *request_handler(uint8_t type) {
    switch (type) {
    case GUEST_PING:
        return handle_ping;
    case GUEST_EXEC:
        return handle_exec;
    case GUEST_PUT:
        return handle_put;
    case GUEST_GET:
        return handle_get;
    case GUEST_PORTS:
        return handle_ports;
    case GUEST_CONFIGURE:
        return handle_configure;
    case GUEST_SYNC:
        return handle_sync;
    case GUEST_POWER_OFF:
        return handle_power_off;
    case GUEST_GROW:
        return handle_grow;
    case GUEST_STATISTICS:
        return handle_statistics;
    default:
        return NULL;
    }
}

void agent_handle(struct agent *agent, const struct frame *frame) {
    switch (frame->type) {
    case GUEST_HELLO:
        handle_hello(agent, frame);
        return;
    case GUEST_STDIN:
    case GUEST_WINDOW:
    case GUEST_SIGNAL:
    case GUEST_RESIZE:
    case GUEST_CLOSE: {
        // One that has just ended is no mistake: its EXIT and this frame have crossed.
        struct stream *stream = agent_find_stream(agent, frame->stream);
        if (stream != NULL) {
            handle_stream_frame(agent, stream, frame);
        }
        return;
    }
    default:
        break;
    }
    handler *handle = request_handler(frame->type);
    if (handle == NULL) {
        char text[64];
        snprintf(text, sizeof text, "unknown frame type 0x%02x", frame->type);
        refuse(agent, frame->stream, EOPNOTSUPP, text);
    } else if (is_new_request(agent, frame)) {
        handle(agent, frame);
    }
}
