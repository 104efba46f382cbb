// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "test.h"

#include "../src/client/json.h"

#include <stdlib.h>
#include <string.h>

// From memory with not a byte more than the text, so that the sanitizer sees a read beyond it.
static struct json *parse(const char *text, size_t length) {
    char *copy = malloc(length == 0 ? 1 : length);
    CHECK(copy != NULL);
    memcpy(copy, text, length);
    struct json *value = json_parse(copy, length);
    free(copy);
    return value;
}

static bool is_json(const char *text) {
    struct json *value = parse(text, strlen(text));
    bool parsed = value != NULL;
    json_free(value);
    return parsed;
}

static bool reads_as(const char *text, const char *wanted) {
    struct json *value = parse(text, strlen(text));
    bool same = value != NULL && value->kind == JSON_STRING && strcmp(value->text, wanted) == 0;
    json_free(value);
    return same;
}

static bool writes_as(const char *text, const char *wanted) {
    struct buffer out = {0};
    json_append_string(&out, text);
    bool same = !out.failed && out.length == strlen(wanted) && memcmp(buffer_bytes(&out), wanted, out.length) == 0;
    buffer_free(&out);
    return same;
}

static void reads_a_message(void) {
    static const char text[] = " {\"op_id\": \"op-1\", \"result\": {\"exit_status\": 42, \"list\": [1, null, true, false, -2.5e3]}} ";
    struct json *message = parse(text, strlen(text));
    CHECK(message != NULL && message->kind == JSON_OBJECT);
    CHECK(strcmp(json_text(message, "op_id", "none"), "op-1") == 0);
    CHECK(strcmp(json_text(message, "result", "none"), "none") == 0);
    CHECK(strcmp(json_text(message, "missing", "none"), "none") == 0);
    const struct json *result = json_member(message, "result");
    CHECK(json_member(result, "exit_status")->number == 42);
    const struct json *item = json_member(result, "list")->first;
    static const enum json_kind kinds[] = {JSON_NUMBER, JSON_NULL, JSON_TRUE, JSON_FALSE, JSON_NUMBER};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        CHECK(item != NULL && item->kind == kinds[i]);
        CHECK(i != 4 || item->number == -2500);
        item = item->next;
    }
    CHECK(item == NULL && json_member(item, "x") == NULL);
    json_free(message);
}

static void reads_escapes(void) {
    CHECK(reads_as("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"));
    CHECK(reads_as("\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"));
    CHECK(reads_as("\"\\u0000\"", "\xef\xbf\xbd"));
    CHECK(!is_json("\"\\x\"") && !is_json("\"\\u12\"") && !is_json("\"\\u12g4\"") && !is_json("\"\\"));
    CHECK(!is_json("\"a\nb\"") && !is_json("\"open"));
}

static void reads_surrogates_only_in_pairs(void) {
    CHECK(reads_as("\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"));
    CHECK(reads_as("\"\\uD800\\uDC00\\udbff\\udfff\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
    CHECK(!is_json("\"\\ud83d\"") && !is_json("\"\\ude00\"") && !is_json("\"\\ud83dx\""));
    CHECK(!is_json("\"\\ud83d\\ud83d\"") && !is_json("\"\\ud83d\\n\"") && !is_json("\"\\ud83d\\u"));
}

static void writes_strings(void) {
    CHECK(writes_as("", "\"\""));
    CHECK(writes_as("a \"b\" \\ c", "\"a \\\"b\\\" \\\\ c\""));
    CHECK(writes_as("\n\t\x1b\x7f", "\"\\u000a\\u0009\\u001b\\u007f\""));
    CHECK(writes_as("\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\""));
}

static void writes_bytes_that_are_no_utf8_as_replacements(void) {
    CHECK(writes_as("a\xff" "b", "\"a\\ufffdb\""));
    CHECK(writes_as("\xc3", "\"\\ufffd\""));
    CHECK(writes_as("\xe2\x82", "\"\\ufffd\\ufffd\""));
    CHECK(writes_as("\xc0\xaf", "\"\\ufffd\\ufffd\""));                 // overlong
    CHECK(writes_as("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""));      // a surrogate
    CHECK(writes_as("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"")); // beyond U+10FFFF
    CHECK(writes_as("\xed\x9f\xbf", "\"\xed\x9f\xbf\""));
}

static void what_is_written_reads_back(void) {
    struct noise noise = {.state = 31337};
    for (int round = 0; round < 2000; round++) {
        char text[40];
        size_t length = noise_below(&noise, sizeof text);
        for (size_t i = 0; i < length; i++) {
            text[i] = (char)(1 + noise_below(&noise, 127));
        }
        text[length] = '\0';
        struct buffer out = {0};
        json_append_string(&out, text);
        CHECK(buffer_append(&out, "", 1));
        bool same = reads_as((const char *)buffer_bytes(&out), text);
        buffer_free(&out);
        CHECK(same);
    }
}

static void reads_numbers_strictly(void) {
    CHECK(is_json("0") && is_json("-0") && is_json("10") && is_json("1.5") && is_json("-1e9") && is_json("2E-3") && is_json("0.0"));
    CHECK(!is_json("01") && !is_json("-01") && !is_json("1.") && !is_json(".5") && !is_json("-.5") && !is_json("1.e3"));
    CHECK(!is_json("+1") && !is_json("-") && !is_json("1e") && !is_json("1e+") && !is_json("1-2") && !is_json("0x10"));
    CHECK(!is_json("1e999") && !is_json("NaN") && !is_json("inf"));
}

static void refuses_what_is_not_one_value(void) {
    static const char *const wrong[] = {
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}",
        "{\"a\":1", "1 2", "nul", "nulll", "truefalse", "[1]]", "{}{}", "'a'", "[1 2]", "\xef\xbb\xbf{}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK(!is_json(wrong[i]));
    }
    CHECK(is_json("[]") && is_json("{}") && is_json("[1,[2],{\"a\":[]}]") && is_json("\t\r\n null "));
    CHECK(json_parse("1\0", 2) == NULL && json_parse("\0", 1) == NULL);
}

static void nests_at_most_64_deep(void) {
    char text[2 * 65];
    for (size_t depth = 64; depth <= 65; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct json *value = parse(text, 2 * depth);
        bool parsed = value != NULL;
        json_free(value);
        CHECK(parsed == (depth == 64));
    }
    size_t length = (size_t)4 * 1024 * 1024;
    char *bomb = malloc(length);
    CHECK(bomb != NULL);
    memset(bomb, '[', length);
    struct json *value = json_parse(bomb, length);
    for (size_t i = 0; i + 5 <= length; i += 5) {
        memcpy(bomb + i, "{\"a\":", 5);
    }
    struct json *other = json_parse(bomb, length);
    free(bomb);
    CHECK(value == NULL && other == NULL);
}

static void mutated_messages_never_do_harm(void) {
    static const char *const seeds[] = {
        "{\"op_id\":\"op-3f9c2a7d11\",\"result\":{\"exit_status\":255}}",
        "{\"op_id\":\"op-1\",\"code\":\"not_found\",\"message\":\"no VM \\\"web\\\" \\ud83d\\ude00 \\u00e9\"}",
        "{\"argv\":[\"ssh\",\"-p\",\"22\"],\"env\":{\"A\":\"b\\n\",\"C\":\"\"}}",
        "[[[1,2.5e-3,-0],[true,false,null]],{\"a\":{\"b\":{\"c\":[]}}}]",
    };
    static const char alphabet[] = "{}[]\",:\\u/dD8cC0123456789eE+-.tfn \n\x01\x7f\x80\xc3\xed\xff";
    struct noise noise = {.state = 20260131};
    unsigned parsed = 0;
    for (int round = 0; round < 20000; round++) {
        char text[160];
        const char *seed = seeds[noise_below(&noise, sizeof seeds / sizeof seeds[0])];
        size_t length = strlen(seed);
        memcpy(text, seed, length);
        for (uint32_t edits = noise_below(&noise, 6); edits > 0; edits--) {
            size_t at = noise_below(&noise, (uint32_t)length);
            uint32_t kind = noise_below(&noise, 4);
            if (kind == 0) {
                text[at] = alphabet[noise_below(&noise, sizeof alphabet)]; // its NUL too
            } else if (kind == 1) {
                text[at] = (char)noise_next(&noise);
            } else if (kind == 2 && length > 1) {
                memmove(text + at, text + at + 1, length - at - 1);
                length--;
            } else if (length < sizeof text) {
                memmove(text + at + 1, text + at, length - at);
                text[at] = alphabet[noise_below(&noise, sizeof alphabet)];
                length++;
            }
        }
        struct json *value = parse(text, length);
        parsed += value != NULL ? 1 : 0;
        json_text(value, "message", "");
        json_free(value);
    }
    CHECK(parsed > 3000 && parsed < 19000); // both ways are really taken
}

int main(void) {
    static const struct test tests[] = {
        TEST(reads_a_message),
        TEST(reads_escapes),
        TEST(reads_surrogates_only_in_pairs),
        TEST(writes_strings),
        TEST(writes_bytes_that_are_no_utf8_as_replacements),
        TEST(what_is_written_reads_back),
        TEST(reads_numbers_strictly),
        TEST(refuses_what_is_not_one_value),
        TEST(nests_at_most_64_deep),
        TEST(mutated_messages_never_do_harm),
    };
    return test_all(tests, sizeof tests / sizeof tests[0], NULL);
}
