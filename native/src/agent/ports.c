// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "ports.h"

#include "../common/fields.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// Keeps the reply far below the payload limit: each is at most 70 bytes.
#define LISTENER_LIMIT 2048
// Socket states of /proc/net (include/net/tcp_states.h): TCP_LISTEN, and TCP_CLOSE for a UDP socket without a peer.
#define STATE_LISTEN 0x0a
#define STATE_UNCONNECTED 0x07

struct listeners {
    struct buffer *out;
    size_t first; // where this reply's fields begin
    int count;
};

static bool is_repeated(const struct listeners *listeners, const char *text) {
    struct field_reader reader =
        field_reader_over(buffer_bytes(listeners->out) + listeners->first, listeners->out->length - listeners->first);
    struct field field;
    while (field_next(&reader, &field)) {
        if (field.length == strlen(text) && memcmp(field.value, text, field.length) == 0) {
            return true;
        }
    }
    return false;
}

// The kernel prints addresses as 32-bit words of the machine's byte order.
static bool format_address(const char *hex, char *text, socklen_t size) {
    struct in6_addr address;
    unsigned int words[4] = {0};
    if (strlen(hex) == 8 && sscanf(hex, "%8x", &words[0]) == 1) {
        memcpy(&address, words, 4);
        return inet_ntop(AF_INET, &address, text, size) != NULL;
    }
    if (strlen(hex) != 32 || sscanf(hex, "%8x%8x%8x%8x", &words[0], &words[1], &words[2], &words[3]) != 4) {
        return false;
    }
    memcpy(&address, words, sizeof address);
    return inet_ntop(AF_INET6, &address, text, size) != NULL;
}

static void append_line(struct listeners *listeners, const char *protocol, unsigned wanted_state, const char *line) {
    char hex[33];
    char address[INET6_ADDRSTRLEN];
    unsigned port;
    unsigned state;
    if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*x %2x", hex, &port, &state) != 3 || state != wanted_state
        || port == 0 || !format_address(hex, address, sizeof address)) {
        return;
    }
    char text[96];
    snprintf(text, sizeof text, "%s %s %u", protocol, address, port);
    if (!is_repeated(listeners, text)) {
        field_append_text(listeners->out, FIELD_LISTENER, text);
        listeners->count++;
    }
}

static void append_table(struct listeners *listeners, const char *protocol, unsigned wanted_state) {
    char path[32];
    snprintf(path, sizeof path, "/proc/net/%s", protocol);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    char line[512];
    while (listeners->count < LISTENER_LIMIT && fgets(line, sizeof line, file) != NULL) {
        append_line(listeners, protocol, wanted_state, line);
    }
    fclose(file);
}

void ports_append(struct buffer *out) {
    struct listeners listeners = {.out = out, .first = out->length};
    append_table(&listeners, "tcp", STATE_LISTEN);
    append_table(&listeners, "tcp6", STATE_LISTEN);
    append_table(&listeners, "udp", STATE_UNCONNECTED);
    append_table(&listeners, "udp6", STATE_UNCONNECTED);
}
