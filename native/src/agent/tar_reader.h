// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_TAR_READER_H
#define BANGER_TAR_READER_H

// Reads the ustar archive of a configuration disk: files, directories and symbolic links, nothing else. Every file is
// taken into memory, because each is small.

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TAR_FILE_LIMIT ((size_t)16 * 1024 * 1024)

enum tar_type {
    TAR_FILE,
    TAR_DIRECTORY,
    TAR_LINK,
};

struct tar_entry {
    enum tar_type type;
    char name[257]; // prefix, slash, name; without trailing slashes
    char link[101];
    mode_t mode;
    uid_t uid;
    gid_t gid;
    const char *content;
    size_t size;
};

struct tar_reader {
    int fd;
    char *content;     // of the entry that was returned last
    const char *error; // what is wrong with the archive
};

// False at the end of the archive and on an error.
bool tar_next(struct tar_reader *reader, struct tar_entry *entry);
void tar_reader_free(struct tar_reader *reader);

#endif
