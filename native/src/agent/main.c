// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "agent.h"
#include "init.h"
#include "ssh_agent_relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef BANGER_VERSION
#define BANGER_VERSION "development"
#endif

static int usage(void) {
    fputs("usage: banger-agent --version\n"
          "       banger-agent [--busybox PATH] --serve-fd NUMBER | --listen-fd NUMBER\n"
          "       banger-agent --relay-ssh-agent PATH\n"
          "As process 1 of an initramfs it prepares a guest; see docs/guest-agent.md.\n",
        stderr);
    return 2;
}

// An agent on this machine rather than in a guest: it runs commands, but refuses to configure the machine or power it off.
static int serve(enum link_kind kind, const char *number, const char *busybox) {
    char *end;
    long fd = strtol(number, &end, 10);
    struct agent agent = {.busybox = busybox, .init = "none"};
    if (*number == '\0' || *end != '\0' || fd < 0 || fd > 65535 || !link_open(&agent.link, kind, (int)fd)) {
        fprintf(stderr, "banger-agent: %s is no open descriptor\n", number);
        return 1;
    }
    agent.linked = true;
    return agent_serve(&agent);
}

int main(int count, char **arguments) {
    if (getpid() == 1) {
        return init_main(arguments);
    }
    const char *busybox = "/bin/busybox";
    int at = 1;
    if (count > at + 1 && strcmp(arguments[at], "--busybox") == 0) {
        busybox = arguments[at + 1];
        at += 2;
    }
    if (count == at + 1 && strcmp(arguments[at], "--version") == 0) {
        puts("banger-agent " BANGER_VERSION);
        return 0;
    }
    if (count == at + 2 && strcmp(arguments[at], "--serve-fd") == 0) {
        return serve(LINK_GIVEN, arguments[at + 1], busybox);
    }
    if (count == at + 2 && strcmp(arguments[at], "--listen-fd") == 0) {
        return serve(LINK_LISTENER, arguments[at + 1], busybox);
    }
    if (count == at + 2 && strcmp(arguments[at], "--relay-ssh-agent") == 0) {
        return ssh_agent_relay(arguments[at + 1]);
    }
    return usage();
}
