// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_LINK_H
#define BANGER_LINK_H

// The byte stream to the host: a virtio-serial port, a vsock (or other) listening socket, or a descriptor given by a test.
//
// The descriptor is watched edge-triggered through an epoll of its own. While the host has no connection a virtio-serial
// port reports POLLIN and POLLHUP for ever and reads return 0: a level-triggered wait would spin, and a timed one would add
// latency or wake an idle guest. The port wakes its waiters when the host connects, disconnects, sends or has taken bytes, so edges are enough.

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum link_kind {
    LINK_PORT,     // stays open for ever; the host comes and goes
    LINK_LISTENER, // a connection each time; the newest wins
    LINK_GIVEN,    // ends with its other end
};

struct link {
    enum link_kind kind;
    int listener; // LINK_LISTENER only
    int fd;       // -1 while there is no connection
    int events;   // epoll descriptor: readable when something changed
    bool readable;
    bool writable;
    // LINK_PORT: the host is known to be there. Its bytes may arrive before the driver has heard of its coming, and
    // reading returns 0 until then; so 0 means that it has gone only after it was known to be there.
    bool present;
};

enum link_read_status {
    LINK_DATA,
    LINK_EMPTY, // nothing now: wait for an edge
    LINK_AWAY,  // the host is not there (any more)
};

bool link_open(struct link *link, enum link_kind kind, int fd);

// Finds the guest's own link: the virtio-serial port, else vsock. False when there is none (yet).
bool link_find(struct link *link);

// Takes note of what changed. True when a new connection replaced the old one.
bool link_update(struct link *link);

enum link_read_status link_read(struct link *link, void *bytes, size_t size, size_t *count);

// Writes what fits now; returns how much.
size_t link_write(struct link *link, const void *bytes, size_t size);

// A new conversation has begun, whose arrival the driver may not have heard of yet.
void link_expect_arrival(struct link *link);

// Ends the connection where that is possible.
void link_drop(struct link *link);
void link_close(struct link *link);

#endif
