// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "link.h"

#include "guest_protocol.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void watch(const struct link *link, int fd) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};
    epoll_ctl(link->events, EPOLL_CTL_ADD, fd, &event);
}

static void set_nonblocking(int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

bool link_open(struct link *link, enum link_kind kind, int fd) {
    *link = (struct link){.kind = kind, .listener = -1, .fd = -1};
    link->events = epoll_create1(EPOLL_CLOEXEC);
    if (link->events < 0) {
        return false;
    }
    set_nonblocking(fd);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    watch(link, fd);
    if (kind == LINK_LISTENER) {
        link->listener = fd;
    } else {
        link->fd = fd;
    }
    return true;
}

static bool has_name(const char *port) {
    char path[300];
    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", port);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    char name[64] = "";
    bool read = fgets(name, sizeof name, file) != NULL;
    fclose(file);
    name[strcspn(name, "\n")] = '\0';
    return read && strcmp(name, VIRTIO_PORT_NAME) == 0;
}

static int open_port(void) {
    DIR *ports = opendir("/sys/class/virtio-ports");
    if (ports == NULL) {
        return -1;
    }
    int fd = -1;
    struct dirent *entry;
    while (fd < 0 && (entry = readdir(ports)) != NULL) {
        if (entry->d_name[0] != '.' && has_name(entry->d_name)) {
            char path[300];
            snprintf(path, sizeof path, "/dev/%s", entry->d_name);
            // Without O_NONBLOCK the driver would busy-wait in write(2) until the host has taken every byte.
            fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        }
    }
    closedir(ports);
    return fd;
}

static int listen_vsock(void) {
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VSOCK_PORT};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool link_find(struct link *link) {
    int fd = open_port();
    if (fd >= 0) {
        return link_open(link, LINK_PORT, fd);
    }
    if (access("/dev/vsock", F_OK) == 0 && (fd = listen_vsock()) >= 0) {
        return link_open(link, LINK_LISTENER, fd);
    }
    return false;
}

static bool accept_newest(struct link *link) {
    bool accepted = false;
    for (;;) {
        int fd = accept4(link->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return accepted;
        }
        if (link->fd >= 0) {
            close(link->fd);
        }
        link->fd = fd;
        link->readable = true;
        link->writable = true;
        watch(link, fd);
        accepted = true;
    }
}

bool link_update(struct link *link) {
    struct epoll_event changes[4];
    int count = epoll_wait(link->events, changes, 4, 0);
    bool listener_changed = false;
    for (int i = 0; i < count; i++) {
        if (changes[i].data.fd == link->listener) {
            listener_changed = true;
            continue;
        }
        if ((changes[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
            link->readable = true;
        }
        if ((changes[i].events & EPOLLOUT) != 0) {
            link->writable = true;
        }
    }
    return listener_changed && accept_newest(link);
}

enum link_read_status link_read(struct link *link, void *bytes, size_t size, size_t *count) {
    if (link->fd < 0 || !link->readable) {
        return LINK_EMPTY;
    }
    ssize_t got;
    do {
        got = read(link->fd, bytes, size);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        *count = (size_t)got;
        return LINK_DATA;
    }
    link->readable = false;
    bool was_present = link->present || link->kind != LINK_PORT;
    link->present = got < 0 && errno == EAGAIN;
    return link->present || !was_present ? LINK_EMPTY : LINK_AWAY;
}

void link_expect_arrival(struct link *link) {
    link->present = false;
}

size_t link_write(struct link *link, const void *bytes, size_t size) {
    size_t written = 0;
    while (link->fd >= 0 && link->writable && written < size) {
        ssize_t count = link->kind == LINK_PORT
            ? write(link->fd, (const char *)bytes + written, size - written)
            : send(link->fd, (const char *)bytes + written, size - written, MSG_NOSIGNAL);
        if (count > 0) {
            written += (size_t)count;
        } else if (count == 0 || errno != EINTR) {
            // Full, or broken: reading tells which.
            link->writable = false;
        }
    }
    return written;
}

void link_drop(struct link *link) {
    if (link->kind != LINK_PORT && link->fd >= 0) {
        close(link->fd);
        link->fd = -1;
    }
}

void link_close(struct link *link) {
    if (link->fd >= 0) {
        close(link->fd);
    }
    if (link->listener >= 0) {
        close(link->listener);
    }
    if (link->events >= 0) {
        close(link->events);
    }
    *link = (struct link){.fd = -1, .listener = -1, .events = -1};
}
