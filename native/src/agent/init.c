// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "init.h"

#include "agent.h"
#include "configure.h"
#include "console.h"
#include "disks.h"
#include "guest_files.h"
#include "image_init.h"
#include "kernel.h"
#include "mounts.h"
#include "network.h"
#include "power.h"
#include "process_one.h"
#include "root_switch.h"
#include "ssh_server.h"

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
    uint64_t ignored;
    int error = disk_grow(device, NEW_ROOT, &ignored);
    if (error != 0) {
        console_message("the root file system keeps its size, it could not be grown to the disk's: %s", strerror(error));
    }
}

// Until leave_root() paths are the guest's and its links stay inside it; nothing of the initramfs is reached but by open descriptors.
static int enter_root(void) {
    int outside = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (outside < 0 || chroot(NEW_ROOT) != 0 || chdir("/") != 0) {
        die("cannot enter the root file system: %s", strerror(errno));
    }
    return outside;
}

static void leave_root(int outside) {
    if (fchdir(outside) != 0 || chroot(".") != 0) {
        die("cannot leave the root file system: %s", strerror(errno));
    }
    close(outside);
}

// A missing directory is made in the machine's own layer. A link that leads nowhere yet gets what it leads to.
static void make_directory(const char *path, mode_t mode) {
    char target[PATH_MAX];
    struct stat status;
    if (mkdir(path, mode) == 0 || (stat(path, &status) == 0 && S_ISDIR(status.st_mode))) {
        return;
    }
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length > 0) {
        target[length] = '\0';
        if (mkdir(target, mode) == 0) {
            return;
        }
    }
    die("%s of the image is not a directory", path);
}

static void mount_file_systems_of_root(void) {
    int outside = enter_root();
    for (size_t i = 0; i < KERNEL_FILE_SYSTEMS; i++) {
        const struct kernel_file_system *system = &kernel_file_systems[i];
        make_directory(system->path, 0755);
        if (mount(system->type, system->path, system->type, system->flags, system->options) != 0) {
            die("cannot mount %s in the root file system: %s", system->path, strerror(errno));
        }
    }
    make_directory("/run", 0755);
    // The options systemd gives them, so that it keeps them.
    if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=20%,nr_inodes=800k") != 0) {
        die("cannot mount a tmpfs on /run: %s", strerror(errno));
    }
    mkdir("/dev/pts", 0755);
    mkdir("/dev/shm", 01777);
    mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620,gid=5,ptmxmode=0666");
    mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_STRICTATIME, "mode=01777");
    make_directory("/tmp", 01777);
    leave_root(outside);
}

// Programs of containers write to /dev/stdout; without an init nobody else makes these.
static void make_standard_links(void) {
    static const char *const links[][2] = {
        {"/proc/self/fd", "/dev/fd"},
        {"/proc/self/fd/0", "/dev/stdin"},
        {"/proc/self/fd/1", "/dev/stdout"},
        {"/proc/self/fd/2", "/dev/stderr"},
    };
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if (symlink(links[i][0], links[i][1]) != 0 && errno != EEXIST) {
            console_message("cannot make %s: %s", links[i][1], strerror(errno));
        }
    }
}

static void copy_program(int source, const char *to) {
    int target = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    struct stat status;
    if (source < 0 || target < 0 || fstat(source, &status) != 0) {
        console_message("cannot make %s: %s", to, strerror(errno));
    } else {
        while (status.st_size > 0) {
            ssize_t count = sendfile(target, source, NULL, (size_t)status.st_size);
            if (count <= 0) {
                console_message("cannot make %s: %s", to, strerror(errno));
                break;
            }
            status.st_size -= count;
        }
    }
    close(source);
    close(target);
}

static void fill_run_directory(const char *self) {
    int busybox = open("/bin/busybox", O_RDONLY | O_CLOEXEC);
    int agent = open(self, O_RDONLY | O_CLOEXEC);
    int outside = enter_root();
    // Its programs are for every user, its files are not.
    mkdir(BANGER_RUN, 0711);
    mkdir(BANGER_RUN "/bin", 0755);
    mkdir(BANGER_RUN "/files", 0700);
    copy_program(busybox, BUSYBOX);
    copy_program(agent, BANGER_RUN "/bin/banger-agent");
    make_standard_links();
    leave_root(outside);
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
static _Noreturn void become_agent(char **arguments, int config, int ssh_server, int report) {
    char message[PATH_MAX];
    if (chroot(NEW_ROOT) != 0 || chdir("/") != 0) {
        _exit(1);
    }
    setsid();
    if (network_start_loopback() != 0) {
        console_message("cannot bring up the loopback interface");
    }
    static struct mounts mounts;
    message[0] = '!';
    if (config >= 0 && configure_from_disk(config, &mounts, message + 1, sizeof message - 1) != 0) {
        dprintf(report, "%s", message);
        _exit(1);
    }
    close(config);
    if (!kernel_option("banger.init", message, sizeof message)) {
        image_init_find(message, sizeof message);
    }
    dprintf(report, "%s", message);
    close(report);
    // Nothing of the agent's own is said on the console, and nothing keeps it open.
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i <= 2; i++) {
        dup2(null, i);
    }
    if (null > 2) {
        close(null);
    }
    if (image_init_serves_ssh(message)) {
        close(ssh_server);
    } else {
        ssh_server_start(ssh_server, BUSYBOX);
    }
    mark_as_spared(arguments);
    protect_from_memory_pressure();
    struct agent agent = {.busybox = BUSYBOX, .init = message, .in_guest = true, .mounts = &mounts};
    _exit(agent_serve(&agent));
}

static void start_agent(char **arguments, int config, int ssh_server, char *init, size_t size) {
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
        become_agent(arguments, config, ssh_server, report[1]);
    }
    close(report[1]);
    close(config);
    close(ssh_server);
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
    // Kernels of older versions come without one. What holds it open keeps it when the initramfs goes.
    int ssh_server = open("/ssh-server.tar.gz", O_RDONLY | O_CLOEXEC);
    start_agent(arguments, open_config_disk(), ssh_server, init, sizeof init);
    unmount_kernel_file_systems();
    if (!root_switch(NEW_ROOT)) {
        die("cannot switch to the root disk: %s", strerror(errno));
    }
    if (strcmp(init, NO_INIT) == 0) {
        process_one_serve();
    }
    execl(init, init, (char *)NULL);
    die("cannot run %s of the image: %s (banger.init= names another, banger.init=none none)", init, strerror(errno));
}
