// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "init.h"

#include "agent.h"
#include "configure.h"
#include "console.h"
#include "disks.h"
#include "guest_files.h"
#include "kernel.h"
#include "network.h"
#include "power.h"
#include "process_one.h"
#include "root_switch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_ROOT "/newroot"
#define BUSYBOX BANGER_RUN "/bin/busybox"
// A slow host with many guests still shows a disk within this.
#define ROOT_DISK_WAIT_MS 10000
// The drivers have found every disk before the root disk was mounted, so one that is not there will hardly come.
#define CONFIG_DISK_WAIT_MS 100
#define SERIAL_SIZE 64

static _Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void die(const char *format, ...) {
    char text[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    console_message("%s", text);
    console_drain();
    sync();
    machine_end();
}

// ---- before the root ----

static const struct kernel_file_system {
    const char *type;
    const char *path;
    unsigned long flags;
    const char *options;
} kernel_file_systems[] = {
    {"proc", "/proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL},
    {"sysfs", "/sys", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL},
    {"devtmpfs", "/dev", MS_NOSUID, "mode=0755"},
};
#define KERNEL_FILE_SYSTEMS (sizeof kernel_file_systems / sizeof *kernel_file_systems)

static void mount_kernel_file_systems(void) {
    for (size_t i = 0; i < KERNEL_FILE_SYSTEMS; i++) {
        const struct kernel_file_system *system = &kernel_file_systems[i];
        mkdir(system->path, 0755);
        // One that the kernel has mounted already (CONFIG_DEVTMPFS_MOUNT) is as good.
        mount(system->type, system->path, system->type, system->flags, system->options);
    }
}

static void unmount_kernel_file_systems(void) {
    for (size_t i = 0; i < KERNEL_FILE_SYSTEMS; i++) {
        umount2(kernel_file_systems[i].path, MNT_DETACH);
    }
}

// The kernel found no /dev/console in the initramfs, so nothing is open yet.
static void open_console(void) {
    int fd = open("/dev/console", O_RDWR | O_NOCTTY);
    if (fd < 0) {
        fd = open("/dev/null", O_RDWR);
    }
    for (int i = 0; i <= 2; i++) {
        if (fd >= 0 && fd != i) {
            dup2(fd, i);
        }
    }
    if (fd > 2) {
        close(fd);
    }
}

static void answer_probe(void) {
    char value[8];
    if (kernel_option("banger.probe", value, sizeof value) && strcmp(value, "1") == 0) {
        console_write("banger-probe-ok\n");
        console_drain();
        machine_end();
    }
}

// ---- the root ----

static void mount_root(void) {
    char serial[SERIAL_SIZE] = "root";
    char device[300];
    kernel_option("banger.root", serial, sizeof serial);
    if (!disk_wait(serial, ROOT_DISK_WAIT_MS, device, sizeof device)) {
        const char *failure = kernel_module_failure();
        die("no virtio disk with the serial \"%s\" (banger.root=) appeared%s%s", serial,
            failure == NULL ? "" : "; a kernel module could not be loaded: ", failure == NULL ? "" : failure);
    }
    if (!disk_is_ext4(device)) {
        die("the root disk %s holds no ext4 file system", device);
    }
    mkdir(NEW_ROOT, 0755);
    if (mount(device, NEW_ROOT, "ext4", 0, NULL) != 0) {
        die("cannot mount the root disk %s: %s", device, strerror(errno));
    }
    int error = disk_grow(device, NEW_ROOT);
    if (error != 0) {
        console_message("the root file system keeps its size, it could not be grown to the disk's: %s", strerror(error));
    }
}

static void make_mount_point(const char *path) {
    // An image may have a link there; the kernel would follow it out of the new root.
    struct stat status;
    if (lstat(path, &status) != 0) {
        if (mkdir(path, 0755) != 0) {
            die("cannot create %s in the root file system: %s", path, strerror(errno));
        }
    } else if (!S_ISDIR(status.st_mode)) {
        die("%s of the image is not a directory", path + strlen(NEW_ROOT));
    }
}

static void mount_file_systems_of_root(void) {
    for (size_t i = 0; i < KERNEL_FILE_SYSTEMS; i++) {
        const struct kernel_file_system *system = &kernel_file_systems[i];
        char target[32];
        snprintf(target, sizeof target, NEW_ROOT "%s", system->path);
        make_mount_point(target);
        if (mount(system->type, target, system->type, system->flags, system->options) != 0) {
            die("cannot mount %s in the root file system: %s", system->path, strerror(errno));
        }
    }
    make_mount_point(NEW_ROOT "/run");
    // The options systemd gives them, so that it keeps them.
    if (mount("tmpfs", NEW_ROOT "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=20%,nr_inodes=800k") != 0) {
        die("cannot mount a tmpfs on /run: %s", strerror(errno));
    }
    mkdir(NEW_ROOT "/dev/pts", 0755);
    mkdir(NEW_ROOT "/dev/shm", 01777);
    mount("devpts", NEW_ROOT "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620,gid=5,ptmxmode=0666");
    mount("tmpfs", NEW_ROOT "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_STRICTATIME, "mode=01777");
}

static void copy_program(const char *from, const char *to) {
    int source = open(from, O_RDONLY | O_CLOEXEC);
    int target = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    struct stat status;
    if (source < 0 || target < 0 || fstat(source, &status) != 0) {
        console_message("cannot copy %s to %s: %s", from, to, strerror(errno));
    } else {
        while (status.st_size > 0) {
            ssize_t count = sendfile(target, source, NULL, (size_t)status.st_size);
            if (count <= 0) {
                console_message("cannot copy %s to %s: %s", from, to, strerror(errno));
                break;
            }
            status.st_size -= count;
        }
    }
    close(source);
    close(target);
}

static void fill_run_directory(const char *self) {
    mkdir(NEW_ROOT BANGER_RUN, 0700);
    mkdir(NEW_ROOT BANGER_RUN "/bin", 0755);
    mkdir(NEW_ROOT BANGER_RUN "/files", 0700);
    copy_program("/bin/busybox", NEW_ROOT BUSYBOX);
    copy_program(self, NEW_ROOT BANGER_RUN "/bin/banger-agent");
}

static int open_config_disk(void) {
    char serial[SERIAL_SIZE] = "config";
    char device[300];
    bool named = kernel_option("banger.config", serial, sizeof serial);
    if (!disk_wait(serial, named ? ROOT_DISK_WAIT_MS : CONFIG_DISK_WAIT_MS, device, sizeof device)) {
        if (named) {
            die("no virtio disk with the serial \"%s\" (banger.config=) appeared", serial);
        }
        return -1;
    }
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        die("cannot read the configuration disk %s: %s", device, strerror(errno));
    }
    return fd;
}

// ---- the image's init ----

static bool is_program(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0;
}

// In the guest's root, where links lead to the right place.
static const char *choose_init(char *chosen, size_t size) {
    static const char *const usual[] = {
        "/sbin/init", "/lib/systemd/systemd", "/usr/lib/systemd/systemd", "/etc/init", "/bin/init",
    };
    if (kernel_option("banger.init", chosen, size)) {
        return chosen;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        if (is_program(usual[i])) {
            snprintf(chosen, size, "%s", usual[i]);
            return chosen;
        }
    }
    snprintf(chosen, size, "none");
    return chosen;
}

// ---- the agent ----

// systemd spares processes whose command line begins with '@' (its ROOT_STORAGE_DAEMONS document) when it kills everything
// at the end, so that the agent can report and act until then.
static void mark_as_spared(char **arguments) {
    arguments[0][0] = '@';
}

static void protect_from_memory_pressure(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t ignored = write(fd, "-1000", 5);
        (void)ignored;
        close(fd);
    }
}

// Ends in the agent's loop. Process 1 reads the chosen init's path, or the text of a failure after a '!', from `report`.
static _Noreturn void become_agent(char **arguments, int config, int report) {
    char message[PATH_MAX];
    if (chroot(NEW_ROOT) != 0 || chdir("/") != 0) {
        _exit(1);
    }
    setsid();
    if (network_start_loopback() != 0) {
        console_message("cannot bring up the loopback interface");
    }
    message[0] = '!';
    if (config >= 0 && configure_from_disk(config, message + 1, sizeof message - 1) != 0) {
        dprintf(report, "%s", message);
        _exit(1);
    }
    close(config);
    const char *init = choose_init(message, sizeof message);
    dprintf(report, "%s", init);
    close(report);
    mark_as_spared(arguments);
    protect_from_memory_pressure();
    // Nothing of the agent's own is said on the console, and nothing keeps it open.
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i <= 2; i++) {
        dup2(null, i);
    }
    if (null > 2) {
        close(null);
    }
    struct agent agent = {.busybox = BUSYBOX, .init = init, .in_guest = true};
    _exit(agent_serve(&agent));
}

static void start_agent(char **arguments, int config, char *init, size_t size) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        die("cannot make a pipe: %s", strerror(errno));
    }
    pid_t pid = fork();
    if (pid < 0) {
        die("cannot start the agent: %s", strerror(errno));
    }
    if (pid == 0) {
        close(report[0]);
        become_agent(arguments, config, report[1]);
    }
    close(report[1]);
    close(config);
    size_t length = 0;
    ssize_t count;
    while (length < size - 1 && (count = read(report[0], init + length, size - 1 - length)) > 0) {
        length += (size_t)count;
    }
    close(report[0]);
    init[length] = '\0';
    if (length == 0) {
        die("the agent ended before it was ready");
    }
    if (init[0] == '!') {
        die("%s", init + 1);
    }
}

int init_main(char **arguments) {
    umask(0);
    mount_kernel_file_systems();
    open_console();
    answer_probe();
    kernel_load_modules();
    mount_root();
    mount_file_systems_of_root();
    fill_run_directory(arguments[0]);
    umask(022);
    char init[PATH_MAX];
    start_agent(arguments, open_config_disk(), init, sizeof init);
    unmount_kernel_file_systems();
    if (!root_switch(NEW_ROOT)) {
        die("cannot switch to the root disk: %s", strerror(errno));
    }
    if (strcmp(init, "none") == 0) {
        process_one_serve();
    }
    execl(init, init, (char *)NULL);
    die("cannot run %s of the image: %s (banger.init= names another, banger.init=none none)", init, strerror(errno));
}
