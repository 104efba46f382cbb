// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_TEXT_LIST_H
#define BANGER_TEXT_LIST_H

#include <stdbool.h>
#include <stddef.h>

// Strings that the list owns, followed by NULL as execve(2) wants them once there is at least one.
struct text_list {
    char **items;
    size_t count;
};

// Takes `text` over, also when it fails (no memory); NULL is a failure.
bool text_list_add(struct text_list *list, char *text);
bool text_list_add_copy(struct text_list *list, const char *text);

// Sets NAME=value, replacing an element of the same NAME.
bool text_list_set(struct text_list *list, const char *assignment);
const char *text_list_get(const struct text_list *list, const char *name);

void text_list_free(struct text_list *list);

#endif
