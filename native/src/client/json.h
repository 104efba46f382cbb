// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#ifndef BANGER_JSON_H
#define BANGER_JSON_H

// Just enough JSON for the daemon's messages: strings are written, and values are read strictly from a bounded text.

#include "../common/buffer.h"

#include <stdbool.h>
#include <stddef.h>

// Appends text as a JSON string. Bytes that are no UTF-8 become U+FFFD.
void json_append_string(struct buffer *out, const char *text);

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    double number;
    char *text;        // of a string
    char *name;        // of a member of an object
    struct json *next; // in an array or object
    struct json *first;
};

// NULL when the text is not one JSON value, is nested deeper than 64, or memory ran out.
struct json *json_parse(const char *text, size_t length);
void json_free(struct json *value);

// The member of that name, or NULL.
const struct json *json_member(const struct json *object, const char *name);

// The text of a string member, or `otherwise`.
const char *json_text(const struct json *object, const char *name, const char *otherwise);

#endif
