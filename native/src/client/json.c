// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "json.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST 64

// The length of the UTF-8 sequence at `bytes`, or 0 when it is none (RFC 3629: no overlong forms, no surrogates).
static size_t utf8_length(const unsigned char *bytes) {
    if (bytes[0] < 0x80) {
        return 1;
    }
    size_t length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
    if (bytes[0] < 0xc2 || bytes[0] > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0; // also at the terminating NUL
        }
    }
    bool overlong = (bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xf0 && bytes[1] < 0x90);
    bool surrogate = bytes[0] == 0xed && bytes[1] > 0x9f;
    bool beyond = bytes[0] == 0xf4 && bytes[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

void json_append_string(struct buffer *out, const char *text) {
    static const char hex[] = "0123456789abcdef";
    const unsigned char *at = (const unsigned char *)text;
    buffer_append(out, "\"", 1);
    while (*at != '\0') {
        size_t length = utf8_length(at);
        if (length == 0) {
            buffer_append(out, "\\ufffd", 6);
            length = 1;
        } else if (*at < 0x20 || *at == 0x7f) {
            char escape[] = {'\\', 'u', '0', '0', hex[*at >> 4], hex[*at & 15]};
            buffer_append(out, escape, sizeof escape);
        } else if (*at == '"' || *at == '\\') {
            char escape[] = {'\\', (char)*at};
            buffer_append(out, escape, sizeof escape);
        } else {
            buffer_append(out, at, length);
        }
        at += length;
    }
    buffer_append(out, "\"", 1);
}

struct parser {
    const char *at;
    const char *end;
    int depth;
};

static struct json *parse_value(struct parser *parser);

static void skip_space(struct parser *parser) {
    while (parser->at < parser->end && memchr(" \t\r\n", *parser->at, 4) != NULL) {
        parser->at++;
    }
}

static bool take(struct parser *parser, char wanted) {
    skip_space(parser);
    if (parser->at >= parser->end || *parser->at != wanted) {
        return false;
    }
    parser->at++;
    return true;
}

static bool take_word(struct parser *parser, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(parser->end - parser->at) < length || memcmp(parser->at, word, length) != 0) {
        return false;
    }
    parser->at += length;
    return true;
}

static bool parse_hex4(struct parser *parser, uint32_t *code) {
    if (parser->end - parser->at < 4) {
        return false;
    }
    *code = 0;
    for (int i = 0; i < 4; i++) {
        char c = *parser->at++;
        uint32_t digit;
        if (c >= '0' && c <= '9') {
            digit = (uint32_t)(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (uint32_t)((c | 0x20) - 'a') + 10;
        } else {
            return false;
        }
        *code = *code << 4 | digit;
    }
    return true;
}

static void append_code_point(struct buffer *out, uint32_t code) {
    unsigned char bytes[4];
    size_t length;
    if (code < 0x80) {
        bytes[0] = (unsigned char)code;
        length = 1;
    } else if (code < 0x800) {
        bytes[0] = (unsigned char)(0xc0 | code >> 6);
        bytes[1] = (unsigned char)(0x80 | (code & 0x3f));
        length = 2;
    } else if (code < 0x10000) {
        bytes[0] = (unsigned char)(0xe0 | code >> 12);
        bytes[1] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (unsigned char)(0x80 | (code & 0x3f));
        length = 3;
    } else {
        bytes[0] = (unsigned char)(0xf0 | code >> 18);
        bytes[1] = (unsigned char)(0x80 | (code >> 12 & 0x3f));
        bytes[2] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
        bytes[3] = (unsigned char)(0x80 | (code & 0x3f));
        length = 4;
    }
    buffer_append(out, bytes, length);
}

static bool parse_escape(struct parser *parser, struct buffer *out) {
    if (parser->at >= parser->end) {
        return false;
    }
    char kind = *parser->at++;
    const char *plain = strchr("\"\\/", kind);
    if (kind != '\0' && plain != NULL) {
        return buffer_append(out, &kind, 1);
    }
    static const char letters[] = "bfnrt";
    static const char controls[] = "\b\f\n\r\t";
    const char *letter = kind == '\0' ? NULL : strchr(letters, kind);
    if (letter != NULL) {
        return buffer_append(out, &controls[letter - letters], 1);
    }
    uint32_t code;
    if (kind != 'u' || !parse_hex4(parser, &code)) {
        return false;
    }
    if (code >= 0xd800 && code < 0xdc00) {
        uint32_t low;
        if (!take_word(parser, "\\u") || !parse_hex4(parser, &low) || low < 0xdc00 || low > 0xdfff) {
            return false;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return false;
    }
    append_code_point(out, code == 0 ? 0xfffd : code); // a C string cannot hold U+0000
    return !out->failed;
}

// After the opening quote. NULL when it is no string.
static char *parse_string(struct parser *parser) {
    struct buffer text = {0};
    while (parser->at < parser->end && *parser->at != '"') {
        char c = *parser->at++;
        if ((unsigned char)c < 0x20 || (c == '\\' ? !parse_escape(parser, &text) : !buffer_append(&text, &c, 1))) {
            buffer_free(&text);
            return NULL;
        }
    }
    if (parser->at >= parser->end || !buffer_append(&text, "", 1)) {
        buffer_free(&text);
        return NULL;
    }
    parser->at++;
    char *copy = strdup((const char *)buffer_bytes(&text));
    buffer_free(&text);
    return copy;
}

static const char *skip_digits(const char *at) {
    return at + strspn(at, "0123456789");
}

// The grammar of RFC 8259, which is narrower than that of strtod.
static bool is_number(const char *text) {
    const char *whole = text + (*text == '-' ? 1 : 0);
    const char *at = skip_digits(whole);
    if (at == whole || (*whole == '0' && at != whole + 1)) {
        return false;
    }
    if (*at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction);
        if (at == fraction) {
            return false;
        }
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        const char *exponent = at + (*at == '+' || *at == '-' ? 1 : 0);
        at = skip_digits(exponent);
        if (at == exponent) {
            return false;
        }
    }
    return *at == '\0';
}

static bool parse_number(struct parser *parser, double *number) {
    char digits[64];
    size_t length = 0;
    while (parser->at < parser->end && strchr("+-.eE0123456789", *parser->at) != NULL && *parser->at != '\0') {
        if (length == sizeof digits - 1) {
            return false;
        }
        digits[length++] = *parser->at++;
    }
    digits[length] = '\0';
    if (!is_number(digits)) {
        return false;
    }
    *number = strtod(digits, NULL);
    return isfinite(*number);
}

static bool parse_members(struct parser *parser, struct json *container, char close) {
    struct json **link = &container->first;
    if (take(parser, close)) {
        return true;
    }
    do {
        char *name = NULL;
        if (close == '}') {
            if (!take(parser, '"') || (name = parse_string(parser)) == NULL) {
                return false;
            }
            if (!take(parser, ':')) {
                free(name);
                return false;
            }
        }
        struct json *value = parse_value(parser);
        if (value == NULL) {
            free(name);
            return false;
        }
        value->name = name;
        *link = value;
        link = &value->next;
    } while (take(parser, ','));
    return take(parser, close);
}

static bool parse_into(struct parser *parser, struct json *value) {
    skip_space(parser);
    if (parser->at >= parser->end) {
        return false;
    }
    switch (*parser->at) {
    case '{':
    case '[': {
        bool object = *parser->at++ == '{';
        value->kind = object ? JSON_OBJECT : JSON_ARRAY;
        return parse_members(parser, value, object ? '}' : ']');
    }
    case '"':
        parser->at++;
        value->kind = JSON_STRING;
        value->text = parse_string(parser);
        return value->text != NULL;
    case 't':
        value->kind = JSON_TRUE;
        return take_word(parser, "true");
    case 'f':
        value->kind = JSON_FALSE;
        return take_word(parser, "false");
    case 'n':
        value->kind = JSON_NULL;
        return take_word(parser, "null");
    default:
        value->kind = JSON_NUMBER;
        return parse_number(parser, &value->number);
    }
}

static struct json *parse_value(struct parser *parser) {
    if (parser->depth == DEEPEST) {
        return NULL;
    }
    struct json *value = calloc(1, sizeof *value);
    if (value == NULL) {
        return NULL;
    }
    parser->depth++;
    bool parsed = parse_into(parser, value);
    parser->depth--;
    if (!parsed) {
        json_free(value);
        return NULL;
    }
    return value;
}

struct json *json_parse(const char *text, size_t length) {
    struct parser parser = {.at = text, .end = text + length, .depth = 0};
    struct json *value = parse_value(&parser);
    skip_space(&parser);
    if (value != NULL && parser.at != parser.end) {
        json_free(value);
        return NULL;
    }
    return value;
}

void json_free(struct json *value) {
    while (value != NULL) {
        struct json *next = value->next;
        json_free(value->first);
        free(value->text);
        free(value->name);
        free(value);
        value = next;
    }
}

const struct json *json_member(const struct json *object, const char *name) {
    if (object == NULL || object->kind != JSON_OBJECT) {
        return NULL;
    }
    for (const struct json *member = object->first; member != NULL; member = member->next) {
        if (strcmp(member->name, name) == 0) {
            return member;
        }
    }
    return NULL;
}

const char *json_text(const struct json *object, const char *name, const char *otherwise) {
    const struct json *member = json_member(object, name);
    return member == NULL || member->kind != JSON_STRING ? otherwise : member->text;
}
