// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

// The parts of the agent that take in what others wrote: the start of a conversation, the configuration disk, the identity.

#include "test.h"

#include "../src/agent/hello.h"
#include "../src/agent/disks.h"
#include "../src/agent/identity.h"
#include "../src/agent/mounts.h"
#include "../src/agent/tar_reader.h"
#include "../src/common/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct noise noise = {.state = 20260101};

static uint32_t below(uint32_t limit) {
    return noise_below(&noise, limit);
}

static void random_bytes(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)noise_next(&noise);
    }
}

// ---- hello ----

static const uint8_t hello[29] = {0, 0, 0, 20, 0, 0, 0, 0, 1, 0, 0, 0, 1, 'n', 'o', 'n', 'c', 'e'};

static void hello_is_found_behind_garbage(void) {
    for (int round = 0; round < 500; round++) {
        uint8_t bytes[300];
        size_t before = below(200);
        random_bytes(bytes, before);
        memcpy(bytes + before, hello, sizeof hello);
        size_t length = before + sizeof hello;
        size_t at = hello_find(bytes, length);
        CHECK(at == before);
        CHECK(hello_at_end(bytes, length, &at) && at == before);
        CHECK(!hello_at_end(bytes, length - 1, &at));
        // One that is not complete yet is kept.
        size_t cut = before + below(sizeof hello);
        CHECK(hello_find(bytes, cut) <= before);
    }
}


// ---- tar ----

static void put_octal(char *field, size_t size, unsigned long value) {
    snprintf(field, size, "%0*lo", (int)size - 1, value);
}

static void append_header(struct buffer *archive, const char *name, char type, const char *link, size_t size) {
    char header[512] = {0};
    snprintf(header, 100, "%s", name);
    put_octal(header + 100, 8, 0640);
    put_octal(header + 108, 8, 12);
    put_octal(header + 116, 8, 34);
    put_octal(header + 124, 12, size);
    put_octal(header + 136, 12, 0);
    header[156] = type;
    snprintf(header + 157, 100, "%s", link);
    memcpy(header + 257, "ustar\00000", 8);
    memset(header + 148, ' ', 8);
    unsigned long sum = 0;
    for (size_t i = 0; i < sizeof header; i++) {
        sum += (unsigned char)header[i];
    }
    put_octal(header + 148, 7, sum);
    buffer_append(archive, header, sizeof header);
}

static void append_file(struct buffer *archive, const char *name, const char *content) {
    static const char zeros[512];
    size_t size = strlen(content);
    append_header(archive, name, '0', "", size);
    buffer_append(archive, content, size);
    buffer_append(archive, zeros, (512 - size % 512) % 512);
}

static int as_file(const struct buffer *archive) {
    int fd = memfd_create("archive", 0);
    ssize_t written = write(fd, buffer_bytes(archive), archive->length);
    (void)written;
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void archive_is_read_entry_by_entry(void) {
    struct buffer archive = {0};
    append_file(&archive, "identity", "hostname=web\n");
    append_header(&archive, "files/run/dir/", '5', "", 0);
    append_header(&archive, "files/run/link", '2', "../target", 0);
    append_file(&archive, "files/empty", "");
    buffer_append(&archive, (char[1024]){0}, 1024);
    struct tar_reader reader = {.fd = as_file(&archive)};
    struct tar_entry entry;
    CHECK(tar_next(&reader, &entry) && entry.type == TAR_FILE && strcmp(entry.name, "identity") == 0);
    CHECK(entry.size == 13 && memcmp(entry.content, "hostname=web\n", 13) == 0);
    CHECK(entry.mode == 0640 && entry.uid == 12 && entry.gid == 34);
    CHECK(tar_next(&reader, &entry) && entry.type == TAR_DIRECTORY && strcmp(entry.name, "files/run/dir") == 0);
    CHECK(tar_next(&reader, &entry) && entry.type == TAR_LINK && strcmp(entry.link, "../target") == 0);
    CHECK(tar_next(&reader, &entry) && entry.size == 0);
    CHECK(!tar_next(&reader, &entry) && reader.error == NULL);
    tar_reader_free(&reader);
    close(reader.fd);
    buffer_free(&archive);
}

static void damaged_archive_is_an_error_never_a_crash(void) {
    struct buffer archive = {0};
    append_file(&archive, "identity", "hostname=web\n");
    append_file(&archive, "files/etc/motd", "hello\n");
    for (int round = 0; round < 2000; round++) {
        struct buffer damaged = {0};
        buffer_append(&damaged, buffer_bytes(&archive), archive.length);
        buffer_bytes(&damaged)[below(148)] ^= (uint8_t)(1 + below(255)); // what the checksum covers before itself
        struct tar_reader reader = {.fd = as_file(&damaged)};
        struct tar_entry entry;
        while (tar_next(&reader, &entry)) {
        }
        CHECK(reader.error != NULL); // the first header has a checksum
        tar_reader_free(&reader);
        close(reader.fd);
        buffer_free(&damaged);
    }
    buffer_truncate(&archive, 700);
    struct tar_reader cut = {.fd = as_file(&archive)};
    struct tar_entry entry;
    CHECK(!tar_next(&cut, &entry) && strcmp(cut.error, "truncated archive") == 0);
    tar_reader_free(&cut);
    close(cut.fd);
    buffer_free(&archive);
}

static void huge_file_in_archive_is_refused(void) {
    struct buffer archive = {0};
    append_header(&archive, "files/huge", '0', "", (size_t)8 << 30);
    struct tar_reader reader = {.fd = as_file(&archive)};
    struct tar_entry entry;
    CHECK(!tar_next(&reader, &entry) && strstr(reader.error, "16 MiB") != NULL);
    tar_reader_free(&reader);
    close(reader.fd);
    buffer_free(&archive);
}


// ---- identity ----

static bool accepts(enum identity_key key, const char *value) {
    struct identity identity = {0};
    return identity_set(&identity, key, value, strlen(value));
}

static void identity_values_are_checked(void) {
    CHECK(accepts(IDENTITY_HOSTNAME, "web-1.example") && !accepts(IDENTITY_HOSTNAME, "web_1"));
    CHECK(!accepts(IDENTITY_HOSTNAME, "") && !accepts(IDENTITY_HOSTNAME, "-a") && !accepts(IDENTITY_HOSTNAME, "a-"));
    CHECK(!accepts(IDENTITY_HOSTNAME, "a\nnameserver 6.6.6.6"));
    CHECK(accepts(IDENTITY_ADDRESS, "10.0.2.15/24") && !accepts(IDENTITY_ADDRESS, "10.0.2.15"));
    CHECK(!accepts(IDENTITY_ADDRESS, "10.0.2.15/33") && !accepts(IDENTITY_ADDRESS, "10.0.2.256/24"));
    CHECK(!accepts(IDENTITY_ADDRESS, "10.0.2.15/24x") && !accepts(IDENTITY_ADDRESS, "10.0.2.15/"));
    CHECK(accepts(IDENTITY_GATEWAY, "10.0.2.2") && !accepts(IDENTITY_GATEWAY, "10.0.2"));
    CHECK(accepts(IDENTITY_NAMESERVER, "fd00::3") && !accepts(IDENTITY_NAMESERVER, "dns.example"));
    CHECK(accepts(IDENTITY_MAC, "52:54:00:12:34:5f") && !accepts(IDENTITY_MAC, "52:54:00:12:34"));
    CHECK(!accepts(IDENTITY_MAC, "53:54:00:12:34:56")); // multicast
    CHECK(!accepts(IDENTITY_MAC, "52:54:00:12:34:zz"));
}

static void identity_file_is_read_and_unknown_keys_skipped(void) {
    static const char text[] = "hostname=web\naddress=10.0.2.15/24\nnameserver=10.0.2.3\nnameserver=1.1.1.1\n"
                               "entropy=00ff7f\nfuture=whatever\n# a comment\n\nmac=52:54:00:00:00:01";
    struct identity identity = {0};
    CHECK(identity_parse(&identity, text, strlen(text)) == 0);
    CHECK(strcmp(identity.hostname, "web") == 0 && identity.nameserver_count == 2 && identity.entropy_size == 3);
    CHECK(identity.entropy[1] == 0xff && strcmp(identity.mac, "52:54:00:00:00:01") == 0);
    static const char wrong[] = "hostname=web\ngateway=nowhere\n";
    CHECK(identity_parse(&identity, wrong, strlen(wrong)) == 2);
    static const char odd[] = "entropy=abc\n";
    CHECK(identity_parse(&identity, odd, strlen(odd)) == 1);
}

static void too_many_nameservers_and_bytes_of_entropy_are_cut(void) {
    struct identity identity = {0};
    for (int i = 0; i < 20; i++) {
        CHECK(identity_set(&identity, IDENTITY_NAMESERVER, "1.1.1.1", 7));
    }
    CHECK(identity.nameserver_count == NAMESERVER_LIMIT);
    char line[2 * ENTROPY_LIMIT + 200];
    memset(line, 'a', sizeof line);
    memcpy(line, "entropy=", 8);
    CHECK(identity_parse(&identity, line, sizeof line) == 0 && identity.entropy_size == ENTROPY_LIMIT);
}

// ---- mounts ----

static int wrong_line(struct mounts *mounts, const char *text) {
    *mounts = (struct mounts){0};
    return mounts_parse(mounts, text, strlen(text));
}

static bool takes_mount(const char *value) {
    struct mounts mounts;
    char text[4096];
    snprintf(text, sizeof text, "mount=%s\n", value);
    return wrong_line(&mounts, text) == 0 && mounts.count == 1;
}

static void mounts_are_read_in_order_between_other_lines(void) {
    struct mounts mounts;
    CHECK(wrong_line(&mounts, "hostname=-wrong-\nmount=home /root\nfuture=1\nmount=data-2 /srv/my data\nmountain=x y") == 0);
    CHECK(mounts.count == 2);
    CHECK(strcmp(mounts.disks[0].serial, "home") == 0 && strcmp(mounts.disks[0].path, "/root") == 0);
    CHECK(strcmp(mounts.disks[1].serial, "data-2") == 0 && strcmp(mounts.disks[1].path, "/srv/my data") == 0);
    CHECK(wrong_line(&mounts, "hostname=web\n") == 0 && mounts.count == 0);
    // For what reads the rest they are no mistake.
    struct identity identity = {0};
    static const char text[] = "mount=home /root\nhostname=web\n";
    CHECK(identity_parse(&identity, text, strlen(text)) == 0 && strcmp(identity.hostname, "web") == 0);
}

static void a_mount_that_is_none_is_refused(void) {
    struct mounts mounts;
    CHECK(takes_mount("home /root") && takes_mount("a /.../..b/.c"));
    CHECK(takes_mount("12345678901234567890 /a") && !takes_mount("123456789012345678901 /a"));
    CHECK(!takes_mount("") && !takes_mount("home") && !takes_mount("home ") && !takes_mount(" /root") && !takes_mount("HOME /root"));
    CHECK(!takes_mount("home /") && !takes_mount("home root") && !takes_mount("home /root/") && !takes_mount("home /a//b"));
    CHECK(!takes_mount("home /..") && !takes_mount("home /a/../b") && !takes_mount("home /./a"));
    CHECK(wrong_line(&mounts, "mount=home /root\nmount=data srv\n") == 2);
    static const char nul[] = "mount=home /ro\0ot";
    CHECK(mounts_parse(&mounts, nul, sizeof nul - 1) == 1);
    char path[MOUNT_PATH_LIMIT + 16] = "home ";
    memset(path + 5, 'x', MOUNT_PATH_LIMIT + 1);
    path[5] = '/';
    CHECK(!takes_mount(path));
    path[5 + MOUNT_PATH_LIMIT] = '\0';
    CHECK(takes_mount(path));
}

static void too_many_mounts_are_refused_rather_than_forgotten(void) {
    char text[64 * (MOUNT_LIMIT + 1)] = "";
    for (int i = 0; i < MOUNT_LIMIT; i++) {
        strcat(text, "mount=home /root\n");
    }
    struct mounts mounts;
    CHECK(wrong_line(&mounts, text) == 0 && mounts.count == MOUNT_LIMIT);
    strcat(text, "mount=home /root\n");
    CHECK(wrong_line(&mounts, text) == MOUNT_LIMIT + 1);
}

static void any_text_is_read_without_harm(void) {
    for (int round = 0; round < 5000; round++) {
        static const char alphabet[] = "mount= /a.\n\0h";
        char text[64] = "mount=";
        size_t length = below(sizeof text);
        for (size_t i = round % 2 == 0 ? 0 : 6; i < length; i++) {
            text[i] = alphabet[below(sizeof alphabet)];
        }
        struct mounts mounts = {0};
        int line = mounts_parse(&mounts, text, length);
        CHECK(line >= 0 && line <= 64 && mounts.count <= MOUNT_LIMIT);
        for (size_t i = 0; i < mounts.count; i++) {
            CHECK(mounts.disks[i].path[0] == '/' && mounts.disks[i].serial[0] != '\0' && strstr(mounts.disks[i].path, "//") == NULL);
        }
    }
}

static void what_is_no_mounted_disk_has_no_device(void) {
    char device[300];
    CHECK(disk_mounted_on("/proc", device, sizeof device) == EINVAL);
    CHECK(disk_mounted_on("/no such directory", device, sizeof device) == ENOENT);
    CHECK(disk_mounted_on("/proc/self/exe", device, sizeof device) == EINVAL);
    CHECK(disk_mounted_on("/usr/bin", device, sizeof device) == EINVAL);
}

int main(void) {
    static const struct test tests[] = {
        TEST(hello_is_found_behind_garbage),
        TEST(archive_is_read_entry_by_entry),
        TEST(damaged_archive_is_an_error_never_a_crash),
        TEST(huge_file_in_archive_is_refused),
        TEST(identity_values_are_checked),
        TEST(identity_file_is_read_and_unknown_keys_skipped),
        TEST(too_many_nameservers_and_bytes_of_entropy_are_cut),
        TEST(mounts_are_read_in_order_between_other_lines),
        TEST(a_mount_that_is_none_is_refused),
        TEST(too_many_mounts_are_refused_rather_than_forgotten),
        TEST(any_text_is_read_without_harm),
        TEST(what_is_no_mounted_disk_has_no_device),
    };
    return test_all(tests, sizeof tests / sizeof tests[0], NULL);
}
