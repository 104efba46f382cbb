// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "command.h"

#include "ssh_agent_relay.h"
#include "users.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// What a login gives: /etc/login.defs of Debian has the same lists.
#define ROOT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define USER_PATH "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
// Every terminfo database has it.
#define DEFAULT_TERM "xterm"
// systemd's DefaultLimitNOFILE, which services of the image get as well.
#define OPEN_FILES_SOFT 1024
#define OPEN_FILES_HARD 524288
#define TTY_GROUP 5 // the group `tty` that devpts is mounted with, everywhere

void command_free(struct command *command) {
    text_list_free(&command->arguments);
    text_list_free(&command->environment);
    free(command->directory);
    free(command->user);
    *command = (struct command){0};
}

void start_failure_text(const struct command *command, const struct start_failure *failure, char *text, size_t size) {
    const char *reason = strerror(failure->error);
    switch (failure->stage) {
    case STAGE_USER:
        if (failure->error == ENOENT) {
            snprintf(text, size, "the guest has no user (or group) %s", command->user == NULL ? "root" : command->user);
        } else {
            snprintf(text, size, "cannot become user %s: %s", command->user == NULL ? "root" : command->user, reason);
        }
        break;
    case STAGE_TERMINAL:
        snprintf(text, size, "cannot open a terminal: %s", reason);
        break;
    case STAGE_DIRECTORY:
        snprintf(text, size, "cannot enter the directory %s: %s", command->directory == NULL ? "/" : command->directory, reason);
        break;
    default:
        snprintf(text, size, "cannot run %s: %s", command->arguments.count == 0 ? "" : command->arguments.items[0], reason);
        break;
    }
}

// ---- in the child ----

static void fail(int status, int stage, int error) {
    struct start_failure failure = {.error = error, .stage = stage};
    ssize_t ignored = write(status, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

static void reset_signals(void) {
    for (int signal_number = 1; signal_number < NSIG; signal_number++) {
        signal(signal_number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// The agent itself must be the last to go when memory runs out; a command is as good a victim as any.
static void reset_limits(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t ignored = write(fd, "0", 1);
        (void)ignored;
        close(fd);
    }
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = OPEN_FILES_SOFT, .rlim_max = OPEN_FILES_HARD});
    umask(022);
}

static int make_directories(const char *path) {
    char partial[4096];
    size_t length = strlen(path);
    if (length >= sizeof partial) {
        return ENAMETOOLONG;
    }
    memcpy(partial, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (partial[i] != '/' && partial[i] != '\0') {
            continue;
        }
        partial[i] = '\0';
        if (mkdir(partial, 0755) != 0 && errno != EEXIST) {
            return errno;
        }
        partial[i] = path[i];
    }
    return 0;
}

static void become_user(const struct command *command, const struct guest_user *user, int status) {
    // Without privilege, which is only outside a guest, the agent runs commands as whom it runs itself.
    if (geteuid() != 0 && (command->user == NULL || user->uid == geteuid())) {
        return;
    }
    if (setgroups(user->group_count, user->groups) != 0 || setgid(user->gid) != 0 || setuid(user->uid) != 0) {
        fail(status, STAGE_USER, errno);
    }
}

static void enter_directory(const struct command *command, const struct guest_user *user, int status) {
    if (command->directory == NULL) {
        if (chdir(user->home) != 0 && chdir("/") != 0) {
            fail(status, STAGE_DIRECTORY, errno);
        }
        return;
    }
    int error = command->make_directory ? make_directories(command->directory) : 0;
    if (error != 0 || chdir(command->directory) != 0) {
        fail(status, STAGE_DIRECTORY, error != 0 ? error : errno);
    }
}

static bool set_variable(struct text_list *environment, const char *name, const char *value) {
    char assignment[512];
    snprintf(assignment, sizeof assignment, "%s=%s", name, value);
    return text_list_set(environment, assignment);
}

static bool build_environment(const struct command *command, const struct guest_user *user, struct text_list *environment) {
    bool complete = set_variable(environment, "PATH", user->uid == 0 ? ROOT_PATH : USER_PATH)
        && set_variable(environment, "HOME", user->home) && set_variable(environment, "USER", user->name)
        && set_variable(environment, "LOGNAME", user->name) && set_variable(environment, "SHELL", user->shell)
        && (!command->terminal || set_variable(environment, "TERM", DEFAULT_TERM))
        && (user->uid != 0 || access(SSH_AGENT_SOCKET, F_OK) != 0 || set_variable(environment, "SSH_AUTH_SOCK", SSH_AGENT_SOCKET));
    for (size_t i = 0; complete && i < command->environment.count; i++) {
        complete = text_list_set(environment, command->environment.items[i]);
    }
    return complete;
}

// Somebody waits for the command, nobody for the services that still start beside it. sched(7): the autogroup of a session
// competes with the other sessions by a nice value of its own, and nice(1) inside tells nothing of it.
static void take_precedence(void) {
    int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t ignored = write(fd, "-5", 2);
        (void)ignored;
        close(fd);
    }
}

static bool wants_shell(const char *program) {
    return (strcmp(program, "sh") == 0 || strcmp(program, "/bin/sh") == 0) && access("/bin/sh", F_OK) != 0;
}

static void run(const struct command *command, int input, int output, int error, int status) {
    reset_signals();
    setsid();
    take_precedence();
    struct guest_user user;
    int found = user_find(command->user, &user);
    if (found != 0) {
        fail(status, STAGE_USER, found);
    }
    if (command->terminal) {
        if (ioctl(input, TIOCSCTTY, 0) != 0) {
            fail(status, STAGE_TERMINAL, errno);
        }
        // Fails only without privilege, where the terminal has the right owner already.
        int ignored = fchown(input, user.uid, TTY_GROUP) + fchmod(input, 0620);
        (void)ignored;
    }
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0) {
        fail(status, STAGE_PREPARE, errno);
    }
    reset_limits();
    struct text_list environment = {0};
    if (!build_environment(command, &user, &environment)) {
        fail(status, STAGE_PREPARE, ENOMEM);
    }
    become_user(command, &user, status);
    enter_directory(command, &user, status);
    environ = environment.items;
    char **arguments = command->arguments.items;
    execvp(arguments[0], arguments);
    int failure = errno;
    if (failure == ENOENT && command->shell != NULL && wants_shell(arguments[0])) {
        // Its name alone tells busybox what to be.
        execv(command->shell, arguments);
    }
    fail(status, STAGE_EXECUTE, failure);
}

// ---- in the agent ----

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) {
            close(pair[i]);
            pair[i] = -1;
        }
    }
}

static void set_nonblocking(int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

struct channels {
    int input[2];
    int output[2];
    int error[2];
    int status[2];
};

static void channels_close(struct channels *channels) {
    close_pair(channels->input);
    close_pair(channels->output);
    close_pair(channels->error);
    close_pair(channels->status);
}

static int open_terminal(const struct command *command, struct channels *channels) {
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) {
        return errno;
    }
    channels->output[0] = master;
    struct winsize size = {.ws_row = command->rows, .ws_col = command->columns};
    int unlocked = 0;
    if (ioctl(master, TIOCSPTLCK, &unlocked) != 0 || ioctl(master, TIOCSWINSZ, &size) != 0) {
        return errno;
    }
    // TIOCGPTPEER opens the other end without a path, so that /dev/pts need not be what it was.
    channels->input[0] = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (channels->input[0] < 0) {
        return errno;
    }
    channels->input[1] = fcntl(master, F_DUPFD_CLOEXEC, 3);
    return channels->input[1] < 0 ? errno : 0;
}

static int open_channels(const struct command *command, struct channels *channels) {
    if (pipe2(channels->status, O_CLOEXEC) != 0) {
        return errno;
    }
    if (command->terminal) {
        return open_terminal(command, channels);
    }
    if (pipe2(channels->input, O_CLOEXEC) != 0 || pipe2(channels->output, O_CLOEXEC) != 0
        || pipe2(channels->error, O_CLOEXEC) != 0) {
        return errno;
    }
    return 0;
}

static int take(int *fd) {
    int taken = *fd;
    *fd = -1;
    if (taken >= 0) {
        set_nonblocking(taken);
    }
    return taken;
}

int command_start(const struct command *command, struct process *process) {
    struct channels channels = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    int error = open_channels(command, &channels);
    if (error != 0) {
        channels_close(&channels);
        return error;
    }
    pid_t pid = fork();
    if (pid == 0) {
        int input = channels.input[0];
        run(command, input, command->terminal ? input : channels.output[1], command->terminal ? input : channels.error[1],
            channels.status[1]);
    }
    error = pid < 0 ? errno : 0;
    if (error == 0) {
        *process = (struct process){
            .pid = pid,
            .input = take(&channels.input[1]),
            .output = take(&channels.output[0]),
            .error = take(&channels.error[0]),
            .status = take(&channels.status[0]),
        };
    }
    channels_close(&channels);
    return error;
}

int helper_start(int (*work)(void), struct process *process) {
    pid_t pid = fork();
    if (pid < 0) {
        return errno;
    }
    if (pid == 0) {
        reset_signals();
        setsid();
        _exit(work());
    }
    *process = (struct process){.pid = pid, .input = -1, .output = -1, .error = -1, .status = -1};
    return 0;
}

int helper_ask(void (*work)(const char *argument, struct helper_answer *answer), const char *argument, struct process *process) {
    int status[2];
    if (pipe2(status, O_CLOEXEC) != 0) {
        return errno;
    }
    pid_t pid = fork();
    if (pid == 0) {
        reset_signals();
        setsid();
        struct helper_answer answer = {0};
        work(argument, &answer);
        _exit(write(status[1], &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : 1);
    }
    int error = pid < 0 ? errno : 0;
    if (error == 0) {
        *process = (struct process){.pid = pid, .input = -1, .output = -1, .error = -1, .status = take(&status[0])};
    }
    close_pair(status);
    return error;
}
