// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "power.h"

#include "agent.h"
#include "command.h"
#include "image_init.h"

#include "../common/monotonic.h"

#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

// systemd(1), "Signals": SIGRTMIN+4 starts poweroff.target, SIGRTMIN+5 reboot.target.
#define SYSTEMD_POWER_OFF (SIGRTMIN + 4)
#define SYSTEMD_REBOOT (SIGRTMIN + 5)
// A signal that comes before init has set its handlers is lost, so it is repeated; both kinds of init take it twice.
#define SIGNAL_INTERVAL_MS 2000
#define TERM_TO_KILL_MS 200
#define READ_ONLY_DEADLINE_MS 2000
#define STEP_MS 10

static void pause_ms(int milliseconds) {
    poll(NULL, 0, milliseconds);
}

// Without ACPI a machine cannot power itself off: the kernel would halt its processors for ever. A restart is what
// such a machine (Firecracker, microvm with acpi=off and -no-reboot) ends with.
static bool can_power_off(void) {
    return access("/sys/firmware/acpi/tables", F_OK) == 0;
}

_Noreturn void machine_end(void) {
    reboot(can_power_off() ? RB_POWER_OFF : RB_AUTOBOOT);
    for (;;) {
        pause();
    }
}

// ---- by force ----

static bool is_disk(const struct mntent *mount_entry) {
    return strncmp(mount_entry->mnt_fsname, "/dev/", 5) == 0;
}

static bool all_read_only(void) {
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    if (mounts == NULL) {
        return false;
    }
    bool writable = false;
    struct mntent *mount_entry;
    while (!writable && (mount_entry = getmntent(mounts)) != NULL) {
        writable = is_disk(mount_entry) && hasmntopt(mount_entry, "rw") != NULL;
    }
    endmntent(mounts);
    return !writable;
}

// A file system counts as read-only while its journal is still being closed. Another remount waits for the end of the first.
static void await_journals(void) {
    mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    if (mounts == NULL) {
        return;
    }
    struct mntent *mount_entry;
    while ((mount_entry = getmntent(mounts)) != NULL) {
        if (is_disk(mount_entry)) {
            mount(NULL, mount_entry->mnt_dir, NULL, MS_REMOUNT | MS_RDONLY, NULL);
        }
    }
    endmntent(mounts);
}

// "u" remounts every file system read-only even while files are open for writing, in the background.
static void remount_read_only(void) {
    int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
    ssize_t ignored = fd < 0 ? 0 : write(fd, "u", 1);
    (void)ignored;
    int64_t deadline = monotonic_ms() + READ_ONLY_DEADLINE_MS;
    while (!all_read_only() && monotonic_ms() < deadline) {
        pause_ms(STEP_MS);
    }
    await_journals();
}

_Noreturn void power_off_by_force(void) {
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
    pause_ms(TERM_TO_KILL_MS);
    kill(-1, SIGKILL);
    sync();
    remount_read_only();
    machine_end();
}

// ---- asking init ----

static bool process_one_is(const char *name) {
    char program[256];
    ssize_t length = readlink("/proc/1/exe", program, sizeof program - 1);
    if (length < 0) {
        return false;
    }
    program[length] = '\0';
    return strstr(program, name) != NULL;
}

static int run_poweroff(void) {
    execlp("poweroff", "poweroff", (char *)NULL);
    // No such command: an init that knows nothing of power, often the one service of a container image.
    kill(1, SIGTERM);
    return 1;
}

static void ask_init(void) {
    if (access("/run/systemd/system", F_OK) == 0 && process_one_is("systemd")) {
        kill(1, can_power_off() ? SYSTEMD_POWER_OFF : SYSTEMD_REBOOT);
    } else if (process_one_is("busybox")) {
        kill(1, can_power_off() ? SIGUSR2 : SIGTERM); // SIGTERM: restart
    } else {
        struct process process;
        helper_start(run_poweroff, &process);
    }
}

void power_begin(struct agent *agent, uint32_t grace) {
    bool no_init = strcmp(agent->init, NO_INIT) == 0;
    int64_t now = monotonic_ms();
    agent->power_off_at = no_init ? now : now + grace;
    agent->power_signal_at = grace == 0 || no_init ? NEVER : now;
}

void power_step(struct agent *agent) {
    int64_t now = monotonic_ms();
    if (agent->power_off_at <= now) {
        power_off_by_force();
    }
    if (agent->power_signal_at <= now) {
        ask_init();
        agent->power_signal_at = now + SIGNAL_INTERVAL_MS;
    }
}
