// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "ssh_server.h"

#include "guest_files.h"
#include "ssh_root.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIRECTORY BANGER_RUN "/ssh-server"
#define LOADER DIRECTORY "/ld-linux-x86-64.so.2"
#define HOST_KEY BANGER_RUN "/ssh/dropbear_host_key"
#define PORT 22
#define BACKLOG 16
#define RETRY_MS 1000

static int listen_on_port(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_ANY)};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
        || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
        return -1;
    }
    return fd;
}

static bool unpack(int archive, const char *busybox) {
    mkdir(DIRECTORY, 0700);
    pid_t pid = fork();
    if (pid == 0) {
        if (dup2(archive, 0) == 0) {
            execl(busybox, "busybox", "tar", "-x", "-z", "-C", DIRECTORY, "-f", "-", (char *)NULL);
        }
        _exit(127);
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return pid > 0 && status == 0;
}

// A server process for each client: dropbear would otherwise start itself anew for each, and not by this loader.
static void serve_client(int client) {
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGCHLD, SIG_DFL);
        if (dup2(client, 0) == 0 && dup2(client, 1) == 1) {
            execl(LOADER, "dropbear", "--library-path", DIRECTORY, DIRECTORY "/dropbear", "-i", "-s", "-r", HOST_KEY, (char *)NULL);
        }
        _exit(127);
    }
}

static _Noreturn void serve(int archive, const char *busybox) {
    int listener = listen_on_port();
    if (listener < 0) {
        _exit(1);
    }
    for (bool ready = false;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0) {
            // Out of descriptors or memory, or the client is gone: none ends the service.
            poll(NULL, 0, errno == EINTR || errno == ECONNABORTED ? 0 : RETRY_MS);
            continue;
        }
        if (!ready) {
            if (!unpack(archive, busybox) || ssh_root_admit(busybox) != 0) {
                _exit(1);
            }
            close(archive);
            signal(SIGCHLD, SIG_IGN);
            ready = true;
        }
        serve_client(client);
        close(client);
    }
}

void ssh_server_start(int archive, const char *busybox) {
    if (archive < 0) {
        return;
    }
    pid_t pid = access(HOST_KEY, R_OK) == 0 ? fork() : -1;
    if (pid == 0) {
        // Process 1 becomes its parent.
        if (fork() == 0) {
            setsid();
            serve(archive, busybox);
        }
        _exit(0);
    }
    if (pid > 0) {
        waitpid(pid, NULL, 0);
    }
    close(archive);
}
