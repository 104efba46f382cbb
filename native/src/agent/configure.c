// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "configure.h"

#include "console.h"
#include "guest_files.h"
#include "identity.h"
#include "mounts.h"
#include "tar_reader.h"

#include "../common/fields.h"
#include "../common/frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_PREFIX "files/"

// ---- CONFIGURE ----

static bool take_field(struct identity *identity, const struct field *field) {
    const char *value = (const char *)field->value;
    switch (field->tag) {
    case FIELD_HOSTNAME:
        return identity_set(identity, IDENTITY_HOSTNAME, value, field->length);
    case FIELD_ADDRESS:
        return identity_set(identity, IDENTITY_ADDRESS, value, field->length);
    case FIELD_GATEWAY:
        return identity_set(identity, IDENTITY_GATEWAY, value, field->length);
    case FIELD_NAMESERVER:
        return identity_set(identity, IDENTITY_NAMESERVER, value, field->length);
    case FIELD_MAC:
        return identity_set(identity, IDENTITY_MAC, value, field->length);
    case FIELD_CLOCK:
        identity->has_clock = field->length == 8;
        identity->clock = identity->has_clock ? load_u64(field->value) : 0;
        return identity->has_clock;
    case FIELD_ENTROPY:
        identity->entropy_size = field->length < ENTROPY_LIMIT ? field->length : ENTROPY_LIMIT;
        memcpy(identity->entropy, field->value, identity->entropy_size);
        return true;
    default:
        return true;
    }
}

// FILE: u32 mode, u16 length of path, path, content.
static int write_field(const struct field *field, char *path, size_t path_size) {
    if (field->length < 6) {
        return EINVAL;
    }
    size_t path_length = load_u16(field->value + 4);
    if (path_length > field->length - 6 || path_length >= path_size || memchr(field->value + 6, '\0', path_length) != NULL) {
        return EINVAL;
    }
    memcpy(path, field->value + 6, path_length);
    path[path_length] = '\0';
    struct guest_file_owner owner = {.mode = (mode_t)load_u32(field->value)};
    return guest_file_write(path, owner, field->value + 6 + path_length, field->length - 6 - path_length);
}

static int write_files(const uint8_t *payload, size_t length, char *text, size_t size) {
    struct field_reader reader = field_reader_over(payload, length);
    struct field field;
    int first = 0;
    while (field_next(&reader, &field)) {
        char path[1024] = "";
        int error = field.tag == FIELD_FILE ? write_field(&field, path, sizeof path) : 0;
        if (error != 0 && first == 0) {
            first = error;
            snprintf(text, size, "cannot place the file %s: %s", path, strerror(error));
        }
    }
    return first;
}

int configure_from_fields(const uint8_t *payload, size_t length, char *text, size_t size) {
    struct identity identity = {0};
    struct field_reader reader = field_reader_over(payload, length);
    struct field field;
    // Everything is looked at before anything is done.
    while (field_next(&reader, &field)) {
        if (!take_field(&identity, &field)) {
            snprintf(text, size, "field %u of CONFIGURE has an impossible value", field.tag);
            return EINVAL;
        }
    }
    if (reader.malformed) {
        snprintf(text, size, "CONFIGURE is truncated");
        return EINVAL;
    }
    int error = identity_apply(&identity, text, size);
    char second[512];
    int file_error = write_files(payload, length, second, sizeof second);
    if (error == 0 && file_error != 0) {
        snprintf(text, size, "%s", second);
    }
    return error != 0 ? error : file_error;
}

// ---- the configuration disk ----

// A wrong name can be mended from outside; what is written where a disk should be would be lost.
static int apply_mounts(const struct tar_entry *entry, struct mounts *mounts, char *text, size_t size) {
    int line = mounts_parse(mounts, entry->content, entry->size);
    if (line != 0) {
        snprintf(text, size, "configuration disk: identity line %d is no valid mount", line);
        return EINVAL;
    }
    return mounts_apply(mounts, text, size);
}

static void apply_identity(const struct tar_entry *entry) {
    struct identity identity = {0};
    int line = identity_parse(&identity, entry->content, entry->size);
    if (line != 0) {
        console_message("configuration disk: identity line %d is not valid; it and what follows are skipped", line);
    }
    char text[512];
    if (identity_apply(&identity, text, sizeof text) != 0) {
        console_message("%s", text);
    }
}

static int place(const struct tar_entry *entry, const char *path) {
    struct guest_file_owner owner = {.mode = entry->mode, .uid = entry->uid, .gid = entry->gid};
    switch (entry->type) {
    case TAR_FILE:
        return guest_file_write(path, owner, entry->content, entry->size);
    case TAR_DIRECTORY:
        return guest_file_make_directory(path, owner);
    case TAR_LINK:
        return guest_file_link(path, entry->link);
    }
    return EINVAL;
}

static bool is_identity(const struct tar_entry *entry) {
    return entry->type == TAR_FILE && strcmp(entry->name, "identity") == 0;
}

static void apply_file(const struct tar_entry *entry) {
    if (strncmp(entry->name, FILES_PREFIX, strlen(FILES_PREFIX)) != 0) {
        return;
    }
    const char *path = entry->name + strlen(FILES_PREFIX);
    // Directories that are in every guest need no entry; one for run/ itself must not change its mode.
    if (*path == '\0' || (entry->type == TAR_DIRECTORY && strcmp(path, "run") == 0)) {
        return;
    }
    int error = place(entry, path);
    if (error != 0) {
        console_message("cannot place the file /%s: %s", path, strerror(error));
    }
}

int configure_from_disk(int fd, struct mounts *mounts, char *text, size_t size) {
    struct tar_reader reader = {.fd = fd};
    struct tar_entry entry;
    int error = 0;
    while (error == 0 && tar_next(&reader, &entry)) {
        if (is_identity(&entry)) {
            // Disks first: files may lie on them.
            error = apply_mounts(&entry, mounts, text, size);
            if (error == 0) {
                apply_identity(&entry);
            }
        } else {
            apply_file(&entry);
        }
    }
    tar_reader_free(&reader);
    if (error == 0 && reader.error != NULL) {
        snprintf(text, size, "configuration disk: %s", reader.error);
        error = EINVAL;
    }
    return error;
}
