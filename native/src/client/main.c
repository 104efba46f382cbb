// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

// banger: sends its words to the daemon and relays bytes. What the words mean is the daemon's business.

#include "../common/monotonic.h"
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

// As of sysexits(3), EX_TEMPFAIL: 'banger update' goes on by itself, over what has answered and over new starts of the daemon.
#define STATUS_GOES_ON 75
#define UPDATE_LIMIT_MS (15 * 60 * 1000)
#define UPDATE_PAUSE_MS 100

static bool is(const char *word, const char *wanted) {
    return word != NULL && strcmp(word, wanted) == 0;
}

// Asking about the daemon, stopping it and completing a word must not start it.
static bool needs_no_daemon(char **words) {
    return is(words[0], "__complete") || (is(words[0], "daemon") && (is(words[1], "status") || is(words[1], "stop")));
}

static bool has_word(int count, char **words, const char *wanted) {
    for (int i = 0; i < count; i++) {
        if (is(words[i], wanted)) {
            return true;
        }
    }
    return false;
}

static int without_daemon(int count, char **words) {
    if (is(words[0], "__complete")) {
        return 0;
    }
    puts(has_word(count, words, "--json") ? "{\"running\":false}" : "bangerd is not running");
    return is(words[1], "status") ? STATUS_NOT_RUNNING : 0;
}

static void complain_of_loss(const struct places *places) {
    complain("the daemon went away before it answered; see %s and bangerd.log beside it", places->output);
}

// Asks how an update goes on, whichever daemon is there, until it has ended.
static int follow_update(const struct places *places, bool json) {
    char *words[] = {"update", "--wait", "--json"};
    int64_t deadline = monotonic_ms() + UPDATE_LIMIT_MS;
    int status;
    do {
        int connection = daemon_ensure(places);
        if (connection < 0) {
            return 1;
        }
        status = session_run(connection, true, json ? 3 : 2, words);
        if (status == SESSION_UNHEARD || status == SESSION_LOST) {
            poll(NULL, 0, UPDATE_PAUSE_MS);
        }
    } while ((status == STATUS_GOES_ON || status == SESSION_UNHEARD || status == SESSION_LOST) && monotonic_ms() < deadline);
    if (status == SESSION_UNHEARD || status == SESSION_LOST) {
        complain_of_loss(places);
        return 1;
    }
    return status;
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
        status = session_run(connection, false, count, words);
    } while (status == SESSION_UNHEARD && ++attempts < ATTEMPTS);
    if (status == SESSION_UNHEARD) {
        complain("the daemon closes every connection unread; see %s and bangerd.log beside it", places.output);
        return 1;
    }
    if (count > 0 && is(words[0], "update") && status == STATUS_GOES_ON) {
        return follow_update(&places, has_word(count, words, "--json"));
    }
    if (status == SESSION_LOST) {
        complain_of_loss(&places);
        return 1;
    }
    if (status == 0 && count > 1 && is(words[0], "daemon") && is(words[1], "stop")) {
        return daemon_await_end(daemon) ? 0 : 1;
    }
    return status;
}
