// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

#include "../src/client/json.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

static struct json *parse(const char *text) {
    return json_parse(text, strlen(text));
}

static bool is_json(const char *text) {
    struct json *value = parse(text);
    json_free(value);
    return value != NULL;
}

static void values_are_read(void) {
    struct json *value = parse(" {\"op_id\":\"op-1\",\"result\":{\"exit_status\":42},\"list\":[true,false,null,-1.5e2]} ");
    CHECK(value != NULL && strcmp(json_text(value, "op_id", ""), "op-1") == 0);
    const struct json *status = json_member(json_member(value, "result"), "exit_status");
    CHECK(status != NULL && status->kind == JSON_NUMBER && (int)status->number == 42);
    const struct json *last = json_member(value, "list")->first->next->next->next;
    CHECK(last->kind == JSON_NUMBER && (int)last->number == -150 && last->next == NULL);
    CHECK(json_member(value, "absent") == NULL && strcmp(json_text(value, "result", "other"), "other") == 0);
    json_free(value);
}

static void escapes_are_read(void) {
    struct json *value = parse("\"a\\n\\\"\\\\\\/\\u00e9\\ud83d\\ude00\"");
    CHECK(value != NULL && strcmp(value->text, "a\n\"\\/\xc3\xa9\xf0\x9f\x98\x80") == 0);
    json_free(value);
    CHECK(!is_json("\"\\ud83d\"") && !is_json("\"\\ude00\"") && !is_json("\"\\x41\"") && !is_json("\"\\u12\""));
}

static void what_is_no_json_is_refused(void) {
    static const char *const good[] = {"{}", "[]", "[[]]", "0", "\"\"", "{\"a\":1,\"b\":[1]}", "null"};
    static const char *const bad[] = {
        "", " ", "{", "}", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "[1 2]", "nul", "\"", "\"a\nb\"", "+1", "1e", "{}{}",
        "{\"a\":1,}", "--1", "tru", ".5", "1e999",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(is_json(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!is_json(bad[i]));
    }
}

static void depth_is_bounded(void) {
    char text[20001];
    memset(text, '[', 10000);
    memset(text + 10000, ']', 10000);
    CHECK(json_parse(text, 20000) == NULL);
    struct json *shallow = json_parse(text + 10000 - 60, 120);
    CHECK(shallow != NULL);
    json_free(shallow);
}

static void strings_survive_writing_and_reading(void) {
    for (int round = 0; round < 3000; round++) {
        char text[40];
        uint32_t length = random_below(sizeof text);
        for (uint32_t i = 0; i < length; i++) {
            text[i] = (char)(1 + random_below(127)); // ASCII, control characters included
        }
        text[length] = '\0';
        struct buffer out = {0};
        json_append_string(&out, text);
        struct json *value = json_parse((const char *)buffer_bytes(&out), out.length);
        CHECK(value != NULL && strcmp(value->text, text) == 0);
        json_free(value);
        buffer_free(&out);
    }
}

static void bytes_that_are_no_utf8_are_replaced(void) {
    struct buffer out = {0};
    json_append_string(&out, "a\xff\xc3(\xed\xa0\x80\xc0\xaf" "b\xc3\xa9\xe2\x82\xac");
    static const char expected[] =
        "\"a\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd" "b\xc3\xa9\xe2\x82\xac\"";
    CHECK(out.length == sizeof expected - 1 && memcmp(buffer_bytes(&out), expected, out.length) == 0);
    buffer_free(&out);
}

// Damage one byte, cut anywhere: a value or none, and the sanitizer watches.
static void damaged_json_does_no_harm(void) {
    static const char text[] = "{\"op_id\":\"op-3f\",\"code\":\"not_found\",\"message\":\"no \\u00e9 \\\"x\\\"\",\"n\":[1,2.5,{}]}";
    for (int round = 0; round < 20000; round++) {
        size_t length = 1 + random_below(sizeof text - 1);
        char *copy = malloc(length);
        CHECK(copy != NULL);
        memcpy(copy, text, length);
        copy[random_below((uint32_t)length)] = (char)random_below(256);
        json_free(json_parse(copy, length));
        free(copy);
    }
}

const struct test json_tests[] = {
    {"values_are_read", values_are_read},
    {"escapes_are_read", escapes_are_read},
    {"what_is_no_json_is_refused", what_is_no_json_is_refused},
    {"depth_is_bounded", depth_is_bounded},
    {"strings_survive_writing_and_reading", strings_survive_writing_and_reading},
    {"bytes_that_are_no_utf8_are_replaced", bytes_that_are_no_utf8_are_replaced},
    {"damaged_json_does_no_harm", damaged_json_does_no_harm},
    {0},
};
