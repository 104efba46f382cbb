// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

// banger: sends its words to the daemon and relays bytes. What the words mean is the daemon's business.

#include "complain.h"
#include "daemon.h"
#include "places.h"
#include "session.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// As of systemctl status: the program is not running.
#define STATUS_NOT_RUNNING 3

// A daemon that is killed may take new connections until its socket is closed, too. In all some seconds.
#define ATTEMPTS 20
#define PAUSE_MS 20

static bool is(const char *word, const char *wanted) {
    return word != NULL && strcmp(word, wanted) == 0;
}

// Asking about the daemon, stopping it and completing a word must not start it.
static bool needs_no_daemon(char **words) {
    return is(words[0], "__complete") || (is(words[0], "daemon") && (is(words[1], "status") || is(words[1], "stop")));
}

static int without_daemon(int count, char **words) {
    if (is(words[0], "__complete")) {
        return 0;
    }
    bool json = false;
    for (int i = 2; i < count; i++) {
        json = json || is(words[i], "--json");
    }
    puts(json ? "{\"running\":false}" : "bangerd is not running");
    return is(words[1], "status") ? STATUS_NOT_RUNNING : 0;
}

int main(int argc, char **argv) {
    int count = argc > 0 ? argc - 1 : 0;
    char **words = argv + (argc > 0 ? 1 : 0);
    struct places places;
    if (!places_find(&places) || !places_private(&places)) {
        return 1;
    }
    bool optional = count > 0 && needs_no_daemon(words);
    pid_t daemon;
    int status;
    int attempts = 0;
    do {
        poll(NULL, 0, attempts * PAUSE_MS);
        int connection = optional ? daemon_connect(&places) : daemon_ensure(&places);
        if (connection < 0) {
            return optional ? without_daemon(count, words) : 1;
        }
        daemon = daemon_process(connection);
        status = session_run(connection, &places, count, words);
    } while (status == SESSION_UNHEARD && ++attempts < ATTEMPTS);
    if (status == SESSION_UNHEARD) {
        complain("the daemon closes every connection unread; see %s and bangerd.log beside it", places.output);
        return 1;
    }
    if (status == 0 && count > 1 && is(words[0], "daemon") && is(words[1], "stop")) {
        return daemon_await_end(daemon) ? 0 : 1;
    }
    return status;
}
