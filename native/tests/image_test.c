// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

// What the agent reads of an image: its init, its users. Each test builds a root of its own and looks at it from inside.

#include "test.h"

#include "../src/agent/guest_directory.h"
#include "../src/agent/image_init.h"
#include "../src/agent/users.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char image[32];

static void begin(void) {
    snprintf(image, sizeof image, "/tmp/banger-image-XXXXXX");
    CHECK(mkdtemp(image) != NULL);
    static const char *const directories[] = {"sbin", "bin", "etc", "etc/init.d", "lib", "lib/systemd"};
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", image, directories[i]);
        CHECK(mkdir(path, 0755) == 0);
    }
}

static void clean_up(void) {
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", image, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

static void put_file(const char *name, mode_t mode, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", image, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0);
    close(fd);
}

static void put_link(const char *name, const char *target) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", image, name);
    CHECK(symlink(target, path) == 0);
}

static void enter_image(void) {
    if (chroot(image) != 0 || chdir("/") != 0) {
        _exit(99);
    }
}

// ---- init ----

static bool init_is(const char *expected) {
    pid_t child = fork();
    if (child == 0) {
        char found[256];
        enter_image();
        image_init_find(found, sizeof found);
        _exit(strcmp(found, expected) == 0 ? 0 : 1);
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && status == 0;
}

static void an_init_is_a_program_that_links_lead_to_inside_the_image(void) {
    begin();
    CHECK(init_is(NO_INIT));
    put_link("sbin/init", "/lib/systemd/systemd");
    CHECK(init_is(NO_INIT));
    put_file("lib/systemd/systemd", 0644, "no program");
    CHECK(init_is(NO_INIT));
    put_file("lib/systemd/systemd", 0755, "program");
    CHECK(init_is("/sbin/init"));
}

static void busybox_is_an_init_only_where_it_has_something_to_start(void) {
    begin();
    put_file("bin/busybox", 0755, "program");
    put_link("sbin/init", "/bin/busybox");
    CHECK(init_is(NO_INIT));
    put_file("etc/init.d/rcS", 0755, "#!/bin/sh\n");
    CHECK(init_is("/sbin/init"));
}

static void an_inittab_that_needs_a_missing_program_is_none(void) {
    begin();
    put_file("bin/busybox", 0755, "program");
    put_link("sbin/init", "../bin/busybox");
    put_file("etc/inittab", 0644, "# comment: with: colons:here\n::sysinit:/sbin/openrc sysinit\ntty1::respawn:/sbin/getty\n");
    CHECK(init_is(NO_INIT));
    put_file("sbin/openrc", 0755, "program");
    CHECK(init_is("/sbin/init"));
}

static void an_inittab_that_runs_shell_words_is_taken(void) {
    begin();
    put_file("bin/busybox", 0755, "program");
    char from[64];
    char to[64];
    snprintf(from, sizeof from, "%s/bin/busybox", image);
    snprintf(to, sizeof to, "%s/sbin/init", image);
    CHECK(link(from, to) == 0);
    CHECK(init_is(NO_INIT));
    put_file("etc/inittab", 0644, "::sysinit:mount -a\n::respawn:-/bin/nothing\n");
    CHECK(init_is("/sbin/init"));
}

static bool init_serves_ssh(const char *init) {
    pid_t child = fork();
    if (child == 0) {
        enter_image();
        _exit(image_init_serves_ssh(init) ? 0 : 1);
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && status == 0;
}

static void only_a_systemd_with_a_service_for_sshd_serves_ssh(void) {
    begin();
    put_file("lib/systemd/systemd", 0755, "program");
    put_link("sbin/init", "/lib/systemd/systemd");
    CHECK(!init_serves_ssh("/sbin/init"));
    put_link("usr", ".");
    put_file("sbin/sshd", 0755, "program");
    CHECK(!init_serves_ssh("/sbin/init"));
    put_file("lib/systemd/ssh.service", 0644, "");
    CHECK(!init_serves_ssh("/sbin/init"));
    put_link("lib/systemd/system", ".");
    CHECK(init_serves_ssh("/sbin/init"));
    CHECK(!init_serves_ssh("/usr/sbin/sshd"));
    CHECK(!init_serves_ssh(NO_INIT));
}

// ---- users ----

struct expected {
    int error;
    uid_t uid;
    gid_t gid;
    size_t groups;
    const char *home;
};

static bool user_is(const char *name, struct expected expected) {
    pid_t child = fork();
    if (child == 0) {
        struct guest_user user;
        enter_image();
        int error = user_find(name, &user);
        bool same = error == expected.error
            && (error != 0
                || (user.uid == expected.uid && user.gid == expected.gid && user.group_count == expected.groups
                    && strcmp(user.home, expected.home) == 0));
        _exit(same ? 0 : 1);
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && status == 0;
}

static void users_and_groups_are_known_by_name_and_by_number(void) {
    begin();
    put_file("etc/passwd", 0644, "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/srv/app:\n");
    put_file("etc/group", 0644, "root:x:0:\nstaff:x:50:app\ncrew:x:1001:\n");
    CHECK(user_is(NULL, (struct expected){.groups = 1, .home = "/root"}));
    CHECK(user_is("app", (struct expected){.uid = 1000, .gid = 1001, .groups = 2, .home = "/srv/app"}));
    CHECK(user_is("1000", (struct expected){.uid = 1000, .gid = 1001, .groups = 2, .home = "/srv/app"}));
    CHECK(user_is("app:staff", (struct expected){.uid = 1000, .gid = 50, .groups = 1, .home = "/srv/app"}));
    CHECK(user_is("1000:7", (struct expected){.uid = 1000, .gid = 7, .groups = 1, .home = "/srv/app"}));
    CHECK(user_is("77:crew", (struct expected){.uid = 77, .gid = 1001, .groups = 1, .home = "/"}));
    CHECK(user_is("nobody", (struct expected){.error = ENOENT}));
    CHECK(user_is("app:nothing", (struct expected){.error = ENOENT}));
    CHECK(user_is("app:", (struct expected){.error = EINVAL}));
    CHECK(user_is(":staff", (struct expected){.error = EINVAL}));
    CHECK(user_is("", (struct expected){.error = EINVAL}));
    CHECK(user_is("4294967295", (struct expected){.error = ENOENT}));
}

static void an_image_without_a_list_of_users_has_root_and_numbers(void) {
    begin();
    CHECK(user_is("root", (struct expected){.groups = 1, .home = "/root"}));
    CHECK(user_is("12:34", (struct expected){.uid = 12, .gid = 34, .groups = 1, .home = "/"}));
    CHECK(user_is("app", (struct expected){.error = ENOENT}));
    CHECK(user_is("root:root", (struct expected){.error = ENOENT}));
}

// ---- directories ----

// What it opens inside the image. Returns its errno.
static int opened(const char *path, struct stat *status) {
    int result[2];
    CHECK(pipe(result) == 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = -1;
        struct stat found = {0};
        enter_image();
        int error = guest_directory_open(path, &fd);
        if (error == 0 && fstat(fd, &found) != 0) {
            _exit(98);
        }
        _exit(write(result[1], &found, sizeof found) == (ssize_t)sizeof found ? error : 97);
    }
    close(result[1]);
    ssize_t count = read(result[0], status, sizeof *status);
    close(result[0]);
    int wait_status = -1;
    CHECK(waitpid(child, &wait_status, 0) == child && WIFEXITED(wait_status) && count == (ssize_t)sizeof *status);
    return WEXITSTATUS(wait_status);
}

static bool leads_to(const char *path, const char *expected) {
    struct stat inside;
    struct stat outside;
    char name[256];
    snprintf(name, sizeof name, "%s/%s", image, expected);
    return opened(path, &inside) == 0 && lstat(name, &outside) == 0 && S_ISDIR(outside.st_mode)
        && inside.st_dev == outside.st_dev && inside.st_ino == outside.st_ino;
}

static int fails_with(const char *path) {
    struct stat ignored;
    return opened(path, &ignored);
}

static void a_missing_directory_is_made_with_those_above_it(void) {
    begin();
    CHECK(leads_to("/etc/init.d", "etc/init.d"));
    CHECK(leads_to("/srv/some data/x", "srv/some data/x"));
    CHECK(leads_to("/srv//some data/", "srv/some data"));
    struct stat status;
    CHECK(opened("/srv", &status) == 0 && (status.st_mode & 07777) == 0755 && status.st_uid == 0);
}

static void links_of_the_image_are_followed_inside_it(void) {
    begin();
    put_link("home", "var/home");
    put_link("root", "/var/roothome");
    put_link("up", "../../../../../../../../etc");
    put_link("etc/back", "../bin");
    put_link("chain", "etc/back/../etc");
    put_link("here", ".");
    CHECK(leads_to("/home/me", "var/home/me"));
    CHECK(leads_to("/root", "var/roothome"));
    CHECK(leads_to("/up/init.d", "etc/init.d"));
    CHECK(leads_to("/etc/back", "bin"));
    CHECK(leads_to("/chain", "etc"));
    CHECK(leads_to("/here/etc", "etc"));
    put_link("away", "/tmp");
    CHECK(leads_to("/away", "tmp"));
}

static void what_is_no_directory_is_refused(void) {
    begin();
    put_file("etc/file", 0644, "");
    put_link("loop", "loop");
    put_link("one", "two/x");
    put_link("two", "one/x");
    CHECK(fails_with("/etc/file") == ENOTDIR);
    CHECK(fails_with("/etc/file/below") == ENOTDIR);
    CHECK(fails_with("/loop") == ELOOP);
    CHECK(fails_with("/one") == ELOOP);
    CHECK(fails_with("relative") == EINVAL);
    char name[400] = "/";
    memset(name + 1, 'n', 300);
    CHECK(fails_with(name) == ENAMETOOLONG);
    CHECK(leads_to("/etc", "etc"));
}

// The links of /proc/PID lead to directories, not to texts, and out of a chroot.
static void links_of_proc_do_not_lead_out(void) {
    begin();
    pid_t child = fork();
    if (child == 0) {
        char proc[256];
        snprintf(proc, sizeof proc, "%s/proc", image);
        if (mkdir(proc, 0755) != 0 || unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
            || mount("/proc", proc, NULL, MS_BIND, NULL) != 0) {
            _exit(77);
        }
        char link[64];
        char place[256];
        snprintf(link, sizeof link, "/proc/%d/root/outside", getppid());
        snprintf(place, sizeof place, "%s/root", image);
        int fd = -1;
        struct stat root;
        struct stat outside;
        if (symlink(link, place) != 0 || stat("/", &outside) != 0) {
            _exit(96);
        }
        enter_image();
        // As a text /proc/PID/root is "/": the image's own.
        _exit(guest_directory_open("/root", &fd) == 0 && fstatat(fd, "..", &root, 0) == 0
                    && (root.st_dev != outside.st_dev || root.st_ino != outside.st_ino) && access("/outside", F_OK) == 0
                ? 0
                : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        puts("skipped links_of_proc_do_not_lead_out: mounting is not allowed here");
        return;
    }
    CHECK(WEXITSTATUS(status) == 0);
}

int main(void) {
    static const struct test tests[] = {
        TEST(an_init_is_a_program_that_links_lead_to_inside_the_image),
        TEST(busybox_is_an_init_only_where_it_has_something_to_start),
        TEST(an_inittab_that_needs_a_missing_program_is_none),
        TEST(an_inittab_that_runs_shell_words_is_taken),
        TEST(only_a_systemd_with_a_service_for_sshd_serves_ssh),
        TEST(users_and_groups_are_known_by_name_and_by_number),
        TEST(an_image_without_a_list_of_users_has_root_and_numbers),
        TEST(a_missing_directory_is_made_with_those_above_it),
        TEST(links_of_the_image_are_followed_inside_it),
        TEST(what_is_no_directory_is_refused),
        TEST(links_of_proc_do_not_lead_out),
    };
    if (geteuid() != 0) {
        puts("skipped image_test: it looks at images from inside as root, which this is not");
        return 0;
    }
    return test_all(tests, sizeof tests / sizeof tests[0], clean_up);
}
