// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "text_list.h"

#include <stdlib.h>
#include <string.h>

bool text_list_add(struct text_list *list, char *text) {
    if (text == NULL) {
        return false;
    }
    char **items = realloc(list->items, (list->count + 2) * sizeof *items);
    if (items == NULL) {
        free(text);
        return false;
    }
    list->items = items;
    items[list->count++] = text;
    items[list->count] = NULL;
    return true;
}

bool text_list_add_copy(struct text_list *list, const char *text) {
    return text_list_add(list, strdup(text));
}

static char **find(const struct text_list *list, const char *name, size_t length) {
    for (size_t i = 0; i < list->count; i++) {
        if (strncmp(list->items[i], name, length) == 0 && list->items[i][length] == '=') {
            return &list->items[i];
        }
    }
    return NULL;
}

bool text_list_set(struct text_list *list, const char *assignment) {
    char **present = find(list, assignment, strcspn(assignment, "="));
    if (present == NULL) {
        return text_list_add_copy(list, assignment);
    }
    char *copy = strdup(assignment);
    if (copy == NULL) {
        return false;
    }
    free(*present);
    *present = copy;
    return true;
}

const char *text_list_get(const struct text_list *list, const char *name) {
    char **present = find(list, name, strlen(name));
    return present == NULL ? NULL : *present + strlen(name) + 1;
}

void text_list_free(struct text_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = (struct text_list){0};
}
