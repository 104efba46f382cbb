// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_COMMAND_H
#define BANGER_COMMAND_H

// A command that the host asked for: what to run and as whom, and the child process that becomes it.

#include "text_list.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct command {
    struct text_list arguments;
    struct text_list environment; // NAME=value, before the agent's own defaults
    char *directory;              // NULL: the user's home
    char *user;                   // NULL: root
    bool make_directory;          // create `directory` first
    const char *shell;            // busybox that serves as `sh` and /bin/sh where the image has none; NULL: nothing does
    bool terminal;
    uint16_t rows;
    uint16_t columns;
};

// The agent's ends of a started command. On a terminal `input` and `output` are the master, `error` is -1.
struct process {
    pid_t pid;
    int input;
    int output;
    int error;
    int status; // readable: EOF once the command runs, or a struct start_failure
};

enum start_stage {
    STAGE_PREPARE,
    STAGE_USER,
    STAGE_TERMINAL,
    STAGE_DIRECTORY,
    STAGE_EXECUTE,
};

struct start_failure {
    int32_t error;
    int32_t stage;
};

void command_free(struct command *command);

// Forks. Returns 0, or an errno when there is no child.
int command_start(const struct command *command, struct process *process);

// A child that runs `work` and exits with its result; nothing is connected.
int helper_start(int (*work)(void), struct process *process);

// What a helper has done: the payload of a REPLY, or with an errno the text of an ERROR.
struct helper_answer {
    int32_t error;
    uint32_t length;
    char bytes[248];
};

// A child that may block where the agent may not; `status` delivers its struct helper_answer.
int helper_ask(void (*work)(const char *argument, struct helper_answer *answer), const char *argument, struct process *process);

// Text for a person about a failed start.
void start_failure_text(const struct command *command, const struct start_failure *failure, char *text, size_t size);

#endif
