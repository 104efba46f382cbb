// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "tar_reader.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK ((size_t)512)

// POSIX.1-1988 ustar header.
struct header {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[6];
    char version[2];
    char user[32];
    char group[32];
    char device_major[8];
    char device_minor[8];
    char prefix[155];
    char padding[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

static size_t read_fully(int fd, void *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t count = read(fd, (char *)bytes + done, size - done);
        if (count == 0 || (count < 0 && errno != EINTR)) {
            break;
        }
        if (count > 0) {
            done += (size_t)count;
        }
    }
    return done;
}

// Octal digits, padded with spaces or NULs on either side.
static bool parse_octal(const char *text, size_t size, uint64_t *value) {
    size_t i = 0;
    *value = 0;
    while (i < size && text[i] == ' ') {
        i++;
    }
    for (; i < size && text[i] >= '0' && text[i] <= '7'; i++) {
        *value = *value << 3 | (uint64_t)(text[i] - '0');
    }
    return i == size || text[i] == ' ' || text[i] == '\0';
}

static bool is_zero(const struct header *header) {
    const char *bytes = (const char *)header;
    for (size_t i = 0; i < BLOCK; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool has_valid_checksum(const struct header *header) {
    const unsigned char *bytes = (const unsigned char *)header;
    size_t field = offsetof(struct header, checksum);
    uint64_t sum = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        sum += i >= field && i < field + sizeof header->checksum ? ' ' : bytes[i];
    }
    uint64_t expected;
    return parse_octal(header->checksum, sizeof header->checksum, &expected) && expected == sum;
}

static bool fail(struct tar_reader *reader, const char *error) {
    reader->error = error;
    return false;
}

static void copy_name(const struct header *header, char *name, size_t size) {
    int prefix = (int)strnlen(header->prefix, sizeof header->prefix);
    int length = (int)strnlen(header->name, sizeof header->name);
    int total = snprintf(name, size, "%.*s%s%.*s", prefix, header->prefix, prefix > 0 ? "/" : "", length, header->name);
    while (total > 1 && name[total - 1] == '/') {
        name[--total] = '\0';
    }
}

static bool read_content(struct tar_reader *reader, struct tar_entry *entry, uint64_t size) {
    if (size > TAR_FILE_LIMIT) {
        return fail(reader, "a file of more than 16 MiB");
    }
    size_t padded = ((size_t)size + BLOCK - 1) / BLOCK * BLOCK;
    free(reader->content);
    reader->content = malloc(padded + 1);
    if (reader->content == NULL) {
        return fail(reader, "not enough memory");
    }
    if (read_fully(reader->fd, reader->content, padded) != padded) {
        return fail(reader, "truncated archive");
    }
    entry->content = reader->content;
    entry->size = (size_t)size;
    return true;
}

static bool read_entry(struct tar_reader *reader, const struct header *header, struct tar_entry *entry) {
    uint64_t mode;
    uint64_t uid;
    uint64_t gid;
    uint64_t size;
    if (!parse_octal(header->mode, sizeof header->mode, &mode) || !parse_octal(header->uid, sizeof header->uid, &uid)
        || !parse_octal(header->gid, sizeof header->gid, &gid) || !parse_octal(header->size, sizeof header->size, &size)) {
        return fail(reader, "a number that is not octal");
    }
    *entry = (struct tar_entry){.mode = (mode_t)(mode & 07777), .uid = (uid_t)uid, .gid = (gid_t)gid};
    copy_name(header, entry->name, sizeof entry->name);
    switch (header->type) {
    case '0':
    case '\0':
        entry->type = TAR_FILE;
        return read_content(reader, entry, size);
    case '5':
        entry->type = TAR_DIRECTORY;
        return true;
    case '2':
        entry->type = TAR_LINK;
        snprintf(entry->link, sizeof entry->link, "%.*s", (int)sizeof header->link, header->link);
        return true;
    default:
        return fail(reader, "an entry that is neither a file nor a directory nor a symbolic link");
    }
}

bool tar_next(struct tar_reader *reader, struct tar_entry *entry) {
    struct header header;
    if (reader->error != NULL) {
        return false;
    }
    size_t count = read_fully(reader->fd, &header, BLOCK);
    // One zero block is enough of an end: the disk is padded with them.
    if (count == 0 || (count == BLOCK && is_zero(&header))) {
        return false;
    }
    if (count != BLOCK) {
        return fail(reader, "truncated archive");
    }
    if (memcmp(header.magic, "ustar", 5) != 0 || !has_valid_checksum(&header)) {
        return fail(reader, "not a ustar archive");
    }
    return read_entry(reader, &header, entry);
}

void tar_reader_free(struct tar_reader *reader) {
    free(reader->content);
    reader->content = NULL;
}
