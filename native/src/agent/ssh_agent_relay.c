// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "ssh_agent_relay.h"

#include "../common/buffer.h"
#include "../common/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// A client that asks and does not read its answers is dropped when so much waits for it.
#define UNREAD_LIMIT ((size_t)512 * 1024)
// Nothing more is read from clients while so much waits for the host.
#define UNSENT_LIMIT ((size_t)256 * 1024)
#define READ_SIZE ((size_t)64 * 1024)

// A client counts until each side has told the other of its end, so that no number means two clients at once.
struct client {
    uint32_t id; // 0: a free place
    int fd;      // -1: it has gone
    bool told;   // the host knows that nothing more comes
    bool ended;  // nothing more comes from the host
    struct buffer answers;
};

struct relay {
    int listener;
    int signals;
    uint32_t last_id;
    struct buffer from_host;
    struct buffer to_host;
    struct client clients[RELAY_CLIENTS];
};

enum {
    POLL_INPUT,
    POLL_OUTPUT,
    POLL_SIGNALS,
    POLL_LISTENER,
    POLL_CLIENTS,
};

// ---- frames ----

static void tell(struct relay *relay, uint32_t id, const void *bytes, size_t length) {
    uint8_t header[RELAY_HEADER_SIZE];
    store_u32(header, id);
    store_u32(header + 4, (uint32_t)length);
    buffer_append(&relay->to_host, header, sizeof header);
    buffer_append(&relay->to_host, bytes, length);
}

static struct client *client_of(struct relay *relay, uint32_t id) {
    for (size_t i = 0; i < RELAY_CLIENTS; i++) {
        if (relay->clients[i].id == id) {
            return &relay->clients[i];
        }
    }
    return NULL;
}

static void tell_end(struct relay *relay, struct client *client) {
    if (!client->told) {
        tell(relay, client->id, NULL, 0);
        client->told = true;
    }
}

// ---- clients ----

// Frees the place when neither side has anything to say any more.
static void settle(struct client *client) {
    if (client->fd >= 0 && client->ended && client->answers.length == 0) {
        close(client->fd);
        client->fd = -1;
    }
    if (client->fd < 0 && client->ended && client->told) {
        buffer_free(&client->answers);
        *client = (struct client){.fd = -1};
    }
}

static void drop(struct relay *relay, struct client *client) {
    tell_end(relay, client);
    if (client->fd >= 0) {
        close(client->fd);
        client->fd = -1;
    }
    buffer_free(&client->answers);
    settle(client);
}

static void accept_client(struct relay *relay) {
    int fd = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct client *client = client_of(relay, 0);
    if (fd < 0 || client == NULL) {
        return;
    }
    do {
        relay->last_id++;
    } while (relay->last_id == 0 || client_of(relay, relay->last_id) != NULL);
    *client = (struct client){.id = relay->last_id, .fd = fd};
}

static void read_client(struct relay *relay, struct client *client) {
    uint8_t bytes[RELAY_REQUEST_LIMIT];
    ssize_t count = read(client->fd, bytes, sizeof bytes);
    if (count > 0) {
        tell(relay, client->id, bytes, (size_t)count);
    } else if (count == 0) {
        // It may still wait for answers.
        tell_end(relay, client);
    } else if (errno != EAGAIN && errno != EINTR) {
        drop(relay, client);
    }
}

static void write_client(struct relay *relay, struct client *client) {
    ssize_t count = send(client->fd, buffer_bytes(&client->answers), client->answers.length, MSG_NOSIGNAL);
    if (count > 0) {
        buffer_consume(&client->answers, (size_t)count);
    } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
        drop(relay, client);
    }
}

static void serve_client(struct relay *relay, struct client *client, short events) {
    if (client->fd >= 0 && (events & POLLOUT) != 0) {
        write_client(relay, client);
    }
    if (client->fd >= 0 && (events & POLLIN) != 0) {
        read_client(relay, client);
    } else if (client->fd >= 0 && (events & (POLLHUP | POLLERR)) != 0) {
        drop(relay, client);
    }
    if (client->ended) {
        tell_end(relay, client);
    }
    settle(client);
}

// ---- the host ----

static void take_frame(struct relay *relay, uint32_t id, const uint8_t *bytes, size_t length) {
    struct client *client = id == 0 ? NULL : client_of(relay, id);
    if (client == NULL || client->ended) {
        return;
    }
    if (length == 0) {
        client->ended = true;
        tell_end(relay, client);
    } else if (client->fd >= 0
        && (client->answers.length + length > UNREAD_LIMIT || !buffer_append(&client->answers, bytes, length))) {
        drop(relay, client);
    }
    settle(client);
}

// False when the host says what it never would.
static bool take_frames(struct relay *relay) {
    while (relay->from_host.length >= RELAY_HEADER_SIZE) {
        const uint8_t *bytes = buffer_bytes(&relay->from_host);
        uint32_t length = load_u32(bytes + 4);
        if (length > RELAY_ANSWER_LIMIT) {
            return false;
        }
        if (relay->from_host.length - RELAY_HEADER_SIZE < length) {
            return true;
        }
        take_frame(relay, load_u32(bytes), bytes + RELAY_HEADER_SIZE, length);
        buffer_consume(&relay->from_host, RELAY_HEADER_SIZE + length);
    }
    return true;
}

// 1 while the host may say more, 0 at its end, -1 after an error.
static int read_host(struct relay *relay) {
    uint8_t *room = buffer_reserve(&relay->from_host, READ_SIZE);
    if (room == NULL) {
        return -1;
    }
    ssize_t count = read(STDIN_FILENO, room, READ_SIZE);
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR ? 1 : -1;
    }
    buffer_commit(&relay->from_host, (size_t)count);
    return count == 0 ? 0 : take_frames(relay) ? 1 : -1;
}

static bool write_host(struct relay *relay) {
    ssize_t count = write(STDOUT_FILENO, buffer_bytes(&relay->to_host), relay->to_host.length);
    if (count > 0) {
        buffer_consume(&relay->to_host, (size_t)count);
    }
    return count >= 0 || errno == EAGAIN || errno == EINTR;
}

// ---- the loop ----

static short wanted_of(const struct relay *relay, const struct client *client) {
    bool reads = !client->told && relay->to_host.length < UNSENT_LIMIT;
    return (short)((reads ? POLLIN : 0) | (client->answers.length > 0 ? POLLOUT : 0));
}

static void prepare(struct relay *relay, struct pollfd *polled) {
    bool room = client_of(relay, 0) != NULL && relay->to_host.length < UNSENT_LIMIT;
    polled[POLL_INPUT] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    polled[POLL_OUTPUT] = (struct pollfd){.fd = relay->to_host.length > 0 ? STDOUT_FILENO : -1, .events = POLLOUT};
    polled[POLL_SIGNALS] = (struct pollfd){.fd = relay->signals, .events = POLLIN};
    polled[POLL_LISTENER] = (struct pollfd){.fd = room ? relay->listener : -1, .events = POLLIN};
    for (size_t i = 0; i < RELAY_CLIENTS; i++) {
        struct client *client = &relay->clients[i];
        polled[POLL_CLIENTS + i] = (struct pollfd){.fd = client->id == 0 ? -1 : client->fd, .events = wanted_of(relay, client)};
    }
}

static int serve(struct relay *relay) {
    struct pollfd polled[POLL_CLIENTS + RELAY_CLIENTS];
    for (;;) {
        prepare(relay, polled);
        if (relay->to_host.failed || (poll(polled, POLL_CLIENTS + RELAY_CLIENTS, -1) < 0 && errno != EINTR)) {
            return 1;
        }
        if (polled[POLL_SIGNALS].revents != 0) {
            return 0;
        }
        // First, while each place still has the client that was polled.
        for (size_t i = 0; i < RELAY_CLIENTS; i++) {
            if (polled[POLL_CLIENTS + i].revents != 0) {
                serve_client(relay, &relay->clients[i], polled[POLL_CLIENTS + i].revents);
            }
        }
        if (polled[POLL_LISTENER].revents != 0) {
            accept_client(relay);
        }
        if (polled[POLL_OUTPUT].revents != 0 && !write_host(relay)) {
            return 1;
        }
        int more = polled[POLL_INPUT].revents == 0 ? 1 : read_host(relay);
        if (more <= 0) {
            return more == 0 ? 0 : 1;
        }
    }
}

// ---- beginning and end ----

// Bound beside its place and renamed: there is always a socket that somebody listens on, also when another relay was there.
static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s.%d", path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(address.sun_path);
    mode_t mask = umask(0177);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    umask(mask);
    if (bound && listen(fd, RELAY_CLIENTS) == 0 && rename(address.sun_path, path) == 0) {
        return fd;
    }
    int error = errno;
    unlink(address.sun_path);
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    return -1;
}

static int watch_signals(void) {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGHUP);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &ending, SFD_CLOEXEC);
}

static void set_nonblocking(int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// Another relay's socket may have taken the place meanwhile.
static void remove_own(const char *path, const struct stat *own) {
    struct stat now;
    if (lstat(path, &now) == 0 && now.st_dev == own->st_dev && now.st_ino == own->st_ino) {
        unlink(path);
    }
}

static void relay_close(struct relay *relay) {
    for (size_t i = 0; i < RELAY_CLIENTS; i++) {
        if (relay->clients[i].id != 0 && relay->clients[i].fd >= 0) {
            close(relay->clients[i].fd);
        }
        buffer_free(&relay->clients[i].answers);
    }
    buffer_free(&relay->from_host);
    buffer_free(&relay->to_host);
    close(relay->listener);
    close(relay->signals);
}

int ssh_agent_relay(const char *path) {
    struct relay relay = {.signals = watch_signals(), .listener = listen_at(path)};
    struct stat own;
    if (relay.signals < 0 || relay.listener < 0 || lstat(path, &own) != 0) {
        fprintf(stderr, "banger-agent: cannot listen on %s: %s\n", path, strerror(errno));
        return 1;
    }
    set_nonblocking(STDIN_FILENO);
    set_nonblocking(STDOUT_FILENO);
    tell(&relay, 0, NULL, 0);
    int status = serve(&relay);
    remove_own(path, &own);
    relay_close(&relay);
    return status;
}
