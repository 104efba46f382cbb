// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

// The client as a process of its own, before a daemon that this program plays. argv: the client's path.

#include "peer.h"

#include "../src/client/json.h"
#include "../src/client/messages.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/un.h>

static const char *client_path;
static char home[PATH_MAX];
static int listener = -1;
static struct peer daemon_side = {.fd = -1};

static pid_t client;
static int to_input = -1;   // written to the client's standard input
static int input_end = -1;  // the very pipe that the client reads, to see what it left there
static int output = -1;
static int error = -1;
static char said[65536];    // what it wrote to the descriptor that was read last

static const char *path_of(const char *name) {
    static char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static bool exists(const char *name) {
    return access(path_of(name), F_OK) == 0;
}

static void write_script(const char *name, const char *text) {
    FILE *file = fopen(path_of(name), "we");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    CHECK(chmod(path_of(name), 0700) == 0);
}

static void run_shell(const char *format, ...) {
    char script[3 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(script, sizeof script, format, arguments);
    va_end(arguments);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

// ---- the two sides ----

static void make_home(void) {
    snprintf(home, sizeof home, "/tmp/banger-client-test-XXXXXX");
    CHECK(mkdtemp(home) != NULL);
    CHECK(setenv("BANGER_HOME", home, 1) == 0);
}

static void listen_in_run(void) {
    CHECK(mkdir(path_of("run"), 0700) == 0 || errno == EEXIST);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/run/bangerd.sock", home);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
}

static void open_pipe(int *reader, int *writer) {
    int ends[2];
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    *reader = ends[0];
    *writer = ends[1];
}

static void start_program(const char *program, const char *const *words) {
    const char *argv[8] = {"banger"};
    for (size_t i = 0; words[i] != NULL && i < 6; i++) {
        argv[i + 1] = words[i];
    }
    int its_output;
    int its_error;
    open_pipe(&input_end, &to_input);
    open_pipe(&output, &its_output);
    open_pipe(&error, &its_error);
    client = fork();
    CHECK(client >= 0);
    if (client == 0) {
        dup2(input_end, STDIN_FILENO);
        dup2(its_output, STDOUT_FILENO);
        dup2(its_error, STDERR_FILENO);
        execv(program, (char *const *)argv);
        _exit(126);
    }
    close(its_output);
    close(its_error);
}

static void start_client(const char *const *words) {
    start_program(client_path, words);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void accept_client(void) {
    CHECK(await_readable(listener));
    daemon_side = (struct peer){.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)};
    CHECK(daemon_side.fd >= 0);
}

static struct json *take_request(void) {
    accept_client();
    struct frame frame;
    CHECK(peer_next(&daemon_side, &frame) && frame.type == MESSAGE_REQUEST && frame.stream == 0);
    struct json *request = json_parse((const char *)frame.payload, frame.length);
    CHECK(request != NULL);
    return request;
}

static void answer(uint8_t type, const char *text) {
    peer_send(&daemon_side, 0, type, text, strlen(text));
}

// The client waits for the daemon, and has sent its request.
static void begin(void) {
    make_home();
    listen_in_run();
    start_client(WORDS("vm", "exec", "web"));
    json_free(take_request());
}

static void expect_frame(uint8_t type, const void *payload, size_t length) {
    struct frame frame;
    CHECK(peer_next(&daemon_side, &frame));
    CHECK(frame.type == type && frame.stream == 0);
    CHECK(frame.length == length && (length == 0 || memcmp(frame.payload, payload, length) == 0));
}

static int client_status(void) {
    int status = await_child(&client);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const char *read_all(int fd) {
    size_t length = 0;
    for (;;) {
        CHECK(length < sizeof said - 1 && await_readable(fd));
        ssize_t count = read(fd, said + length, sizeof said - 1 - length);
        CHECK(count >= 0);
        if (count == 0) {
            break;
        }
        length += (size_t)count;
    }
    said[length] = '\0';
    return said;
}

static void expect_output(const char *text) {
    char seen[256];
    size_t length = 0;
    while (length < strlen(text)) {
        CHECK(await_readable(output));
        ssize_t count = read(output, seen + length, strlen(text) - length);
        CHECK(count > 0);
        length += (size_t)count;
    }
    CHECK(memcmp(seen, text, length) == 0);
}

static int left_in_input(void) {
    int left = -1;
    CHECK(ioctl(input_end, FIONREAD, &left) == 0);
    return left;
}

// ---- tests: the conversation ----

static void sends_its_words_and_chosen_variables(void) {
    make_home();
    listen_in_run();
    setenv("BANGER_TEST", "\"quoted\" \xff", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    start_client(WORDS("vm", "create", "--name", "a b", ""));
    struct json *request = take_request();
    CHECK(json_member(request, "version")->number == 1);
    CHECK(strcmp(json_text(request, "method", ""), "command.run") == 0);
    const struct json *parameters = json_member(request, "params");
    const struct json *word = json_member(parameters, "argv")->first;
    static const char *const wanted[] = {"vm", "create", "--name", "a b", ""};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        CHECK(word != NULL && strcmp(word->text, wanted[i]) == 0);
        word = word->next;
    }
    CHECK(word == NULL);
    const struct json *environment = json_member(parameters, "environment");
    CHECK(strcmp(json_text(environment, "BANGER_TEST", ""), "\"quoted\" \xef\xbf\xbd") == 0);
    CHECK(json_member(environment, "AWS_SECRET_ACCESS_KEY") == NULL);
    CHECK(json_text(parameters, "directory", "")[0] == '/');
    CHECK(json_member(parameters, "stdin_terminal")->kind == JSON_FALSE);
    json_free(request);
    answer(MESSAGE_RESULT, "{\"op_id\":\"op-1\",\"result\":{\"exit_status\":0}}");
    CHECK(client_status() == 0);
}

static void leaves_with_the_exit_status_of_the_result(void) {
    static const struct {
        const char *result;
        int status;
    } cases[] = {
        {"{\"op_id\":\"op-1\",\"result\":{\"exit_status\":42}}", 42},
        {"{\"op_id\":\"op-1\",\"result\":{\"exit_status\":255}}", 255},
        {"{\"op_id\":\"op-1\",\"result\":{\"exit_status\":0}}", 0},
        {"{\"op_id\":\"op-1\",\"result\":null}", 0},
        {"{\"op_id\":\"op-1\",\"result\":{\"exit_status\":1e300}}", 1},
        {"{\"op_id\":\"op-1\",\"result\":{\"exit_status\":-5}}", 1},
    };
    make_home();
    listen_in_run();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start_client(WORDS("vm", "list"));
        json_free(take_request());
        answer(MESSAGE_RESULT, cases[i].result);
        CHECK(client_status() == cases[i].status);
        peer_close(&daemon_side);
        close(to_input);
        close(input_end);
        close(output);
        close(error);
    }
    to_input = input_end = output = error = -1;
}

static void relays_both_outputs_in_full(void) {
    begin();
    answer(MESSAGE_STDOUT, "to output");
    answer(MESSAGE_STDERR, "to error");
    answer(MESSAGE_PROGRESS, "{\"stage\":\"x\",\"message\":\"not shown\"}");
    peer_send(&daemon_side, 0, 0x7d, "a newer daemon's", 16);
    char large[60000];
    memset(large, 'x', sizeof large);
    peer_send(&daemon_side, 0, MESSAGE_STDOUT, large, sizeof large);
    answer(MESSAGE_RESULT, "{\"op_id\":\"op-1\",\"result\":{\"exit_status\":3}}");
    read_all(output);
    CHECK(strlen(said) == 9 + sizeof large && memcmp(said, "to outputxxx", 12) == 0);
    CHECK(strcmp(read_all(error), "to error") == 0);
    CHECK(client_status() == 3);
}

static void tells_an_error_with_its_operation(void) {
    begin();
    answer(MESSAGE_ERROR, "{\"op_id\":\"op-3f9c2a\",\"code\":\"not_found\",\"message\":\"no VM is named web\"}");
    CHECK(client_status() == 1);
    CHECK(strcmp(read_all(error), "banger: no VM is named web (op-3f9c2a)\n") == 0);
    CHECK(read_all(output)[0] == '\0');
}

static void an_answer_that_breaks_the_protocol_is_a_failure(void) {
    begin();
    answer(MESSAGE_RESULT, "{\"op_id\":");
    CHECK(client_status() == 1);
    CHECK(strstr(read_all(error), "not JSON") != NULL);
}

static void an_answer_that_is_too_long_is_a_failure(void) {
    begin();
    static const uint8_t header[] = {0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0, MESSAGE_STDOUT};
    peer_send_bytes(&daemon_side, header, sizeof header);
    CHECK(client_status() == 1);
    CHECK(strstr(read_all(error), "longer than the protocol allows") != NULL);
}

static void a_daemon_that_goes_away_is_a_failure(void) {
    begin();
    peer_close(&daemon_side);
    CHECK(client_status() == 1);
    CHECK(strstr(read_all(error), "the daemon went away") != NULL && strstr(said, home) != NULL);
}

static void follows_an_update_to_its_end_over_daemons_that_go(void) {
    make_home();
    listen_in_run();
    start_client(WORDS("update", "/release", "--yes", "--json"));
    json_free(take_request());
    answer(MESSAGE_RESULT, "{\"op_id\":\"op-1\",\"result\":{\"exit_status\":75}}");
    peer_close(&daemon_side);
    for (int i = 0; i < 4; i++) {
        struct json *request = take_request();
        const struct json *word = json_member(json_member(request, "params"), "argv")->first;
        CHECK(strcmp(word->text, "update") == 0 && strcmp(word->next->text, "--wait") == 0);
        CHECK(strcmp(word->next->next->text, "--json") == 0 && word->next->next->next == NULL);
        json_free(request);
        if (i == 0) {
            answer(MESSAGE_RESULT, "{\"op_id\":\"op-2\",\"result\":{\"exit_status\":75}}");
        } else if (i == 1) {
            answer(MESSAGE_ERROR, "{\"op_id\":\"op-2\",\"code\":\"cancelled\",\"message\":\"the daemon is being stopped\"}");
        } else if (i == 3) {
            answer(MESSAGE_RESULT, "{\"op_id\":\"op-3\",\"result\":{\"exit_status\":1}}");
        }
        if (i != 3) {
            peer_close(&daemon_side);
        }
    }
    CHECK(client_status() == 1);
    CHECK(read_all(error)[0] == '\0');
}

static void another_command_may_end_with_any_status(void) {
    begin();
    answer(MESSAGE_RESULT, "{\"op_id\":\"op-1\",\"result\":{\"exit_status\":75}}");
    CHECK(client_status() == 75);
}

static void an_interrupt_cancels_and_a_second_one_leaves(void) {
    begin();
    kill(client, SIGINT);
    expect_frame(MESSAGE_CANCEL, NULL, 0);
    kill(client, SIGINT);
    CHECK(client_status() == 130);
}

static void an_interrupt_waits_for_what_the_daemon_says(void) {
    begin();
    kill(client, SIGINT);
    expect_frame(MESSAGE_CANCEL, NULL, 0);
    answer(MESSAGE_ERROR, "{\"op_id\":\"op-7\",\"code\":\"cancelled\",\"message\":\"cancelled\"}");
    CHECK(client_status() == 130);
    CHECK(strcmp(read_all(error), "banger: cancelled (op-7)\n") == 0);
}

static void an_interrupt_may_be_the_usual_end(void) {
    begin();
    kill(client, SIGINT);
    expect_frame(MESSAGE_CANCEL, NULL, 0);
    answer(MESSAGE_RESULT, "{\"op_id\":\"op-7\",\"result\":{\"exit_status\":130}}");
    CHECK(client_status() == 130);
    CHECK(strcmp(read_all(error), "") == 0);
}

static void an_interrupt_is_heard_while_nobody_reads_the_output(void) {
    begin();
    char large[60000] = {0};
    for (int i = 0; i < 3; i++) {
        peer_send(&daemon_side, 0, MESSAGE_STDOUT, large, sizeof large); // more than a pipe holds
    }
    kill(client, SIGINT);
    expect_frame(MESSAGE_CANCEL, NULL, 0);
    kill(client, SIGINT);
    CHECK(client_status() == 130);
}

static void a_request_to_end_leaves_at_once(void) {
    begin();
    kill(client, SIGTERM);
    expect_frame(MESSAGE_CANCEL, NULL, 0);
    CHECK(client_status() == 128 + SIGTERM);
}

static void takes_no_more_input_than_was_granted(void) {
    begin();
    CHECK(write(to_input, "0123456789", 10) == 10);
    answer(MESSAGE_STDOUT, "a");
    expect_output("a"); // it has been round its loop
    CHECK(left_in_input() == 10);
    peer_send_u32(&daemon_side, 0, MESSAGE_WINDOW, 4);
    expect_frame(MESSAGE_STDIN, "0123", 4);
    answer(MESSAGE_STDOUT, "b");
    expect_output("b");
    CHECK(left_in_input() == 6);
    answer(MESSAGE_RESULT, "{\"op_id\":\"op-1\",\"result\":{\"exit_status\":0}}");
    CHECK(client_status() == 0);
    CHECK(left_in_input() == 6);
}

static void the_end_of_input_is_an_empty_frame(void) {
    begin();
    CHECK(write(to_input, "last", 4) == 4);
    close(to_input);
    to_input = -1;
    peer_send_u32(&daemon_side, 0, MESSAGE_WINDOW, 100);
    expect_frame(MESSAGE_STDIN, "last", 4);
    expect_frame(MESSAGE_STDIN, NULL, 0);
    answer(MESSAGE_RESULT, "{\"op_id\":\"op-1\",\"result\":{\"exit_status\":0}}");
    CHECK(client_status() == 0);
}

static void runs_a_local_command_and_reports_its_status(void) {
    begin();
    answer(MESSAGE_RUN_LOCAL, "{\"argv\":[\"sh\",\"-c\",\"printf %s \\\"$WORD\\\"; exit 9\"],\"env\":{\"WORD\":\"two words\"}}");
    static const uint8_t nine[] = {0, 0, 0, 9};
    expect_frame(MESSAGE_LOCAL_EXIT, nine, sizeof nine);
    expect_output("two words");
    answer(MESSAGE_RUN_LOCAL, "{\"argv\":[\"/no/such/program\"],\"env\":{}}");
    static const uint8_t missing[] = {0, 0, 0, 127};
    expect_frame(MESSAGE_LOCAL_EXIT, missing, sizeof missing);
    answer(MESSAGE_RUN_LOCAL, "{\"argv\":[],\"env\":[]}");
    expect_frame(MESSAGE_LOCAL_EXIT, missing, sizeof missing);
    answer(MESSAGE_RESULT, "{\"op_id\":\"op-1\",\"result\":{\"exit_status\":9}}");
    CHECK(client_status() == 9);
}

// ---- tests: where the daemon is ----

static void a_run_directory_that_others_may_enter_is_refused(void) {
    make_home();
    listen_in_run();
    static const mode_t open_to_others[] = {0750, 0710, 0701, 0777};
    for (size_t i = 0; i < sizeof open_to_others / sizeof open_to_others[0]; i++) {
        CHECK(chmod(path_of("run"), open_to_others[i]) == 0);
        start_client(WORDS("vm", "list"));
        CHECK(client_status() == 1);
        CHECK(strstr(read_all(error), "not a directory that belongs to you alone") != NULL);
        close(to_input);
        close(input_end);
        close(output);
        close(error);
        to_input = input_end = output = error = -1;
    }
    struct pollfd polled = {.fd = listener, .events = POLLIN};
    CHECK(poll(&polled, 1, 0) == 0); // it never even connected
    CHECK(chmod(path_of("run"), 0700) == 0);
    start_client(WORDS("vm", "list"));
    json_free(take_request());
    answer(MESSAGE_RESULT, "{\"op_id\":\"op-1\",\"result\":{\"exit_status\":0}}");
    CHECK(client_status() == 0);
}

static void a_run_directory_that_is_a_link_is_refused(void) {
    make_home();
    listen_in_run();
    run_shell("mv %s/run %s/elsewhere && ln -s elsewhere %s/run", home, home, home);
    start_client(WORDS("vm", "list"));
    CHECK(client_status() == 1);
    CHECK(strstr(read_all(error), "not a directory that belongs to you alone") != NULL);
}

static void a_home_without_a_place_for_sockets_is_refused(void) {
    make_home();
    char longest[200];
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    setenv("BANGER_HOME", longest, 1);
    start_client(WORDS("daemon", "status"));
    CHECK(client_status() == 1);
    CHECK(strstr(read_all(error), "too long for a Unix socket") != NULL);
}

// A copy of the client, with a bangerd beside it that is this script.
static char copied_client[PATH_MAX + 64];

static void install(const char *script) {
    make_home();
    run_shell("mkdir %s/bin && cp %s %s/bin/banger && mkfifo %s/started %s/hold", home, client_path, home, home, home);
    write_script("bin/bangerd", script);
    snprintf(copied_client, sizeof copied_client, "%s", path_of("bin/banger"));
}

// Says that it runs, and where, and lives until it is told to end.
static const char living_daemon[] = "#!/bin/sh\n"
                                    "echo daemon says hello\n"
                                    "test -e /proc/self/fd/3 && echo inherited >&2\n"
                                    "pwd > \"$BANGER_HOME/started\"\n"
                                    "read line < \"$BANGER_HOME/hold\"\n";

static void starts_the_daemon_beside_it(void) {
    install(living_daemon);
    int started = open(path_of("started"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int hold = open(path_of("hold"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    CHECK(started >= 0 && hold >= 0);
    start_program(copied_client, WORDS("vm", "list"));
    bool runs = await_readable(started);
    char directory[8] = "";
    ssize_t length = read(started, directory, sizeof directory);
    listen_in_run();
    json_free(take_request());
    answer(MESSAGE_RESULT, "{\"op_id\":\"op-1\",\"result\":{\"exit_status\":5}}");
    int status = client_status();
    bool told = write(hold, "end\n", 4) == 4;
    close(started);
    close(hold);
    CHECK(runs && length == 2 && memcmp(directory, "/\n", 2) == 0);
    CHECK(status == 5 && told);
    FILE *file = fopen(path_of("state/log/bangerd.out"), "re");
    CHECK(file != NULL);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    CHECK(strcmp(said, "daemon says hello\n") == 0);
    struct stat info;
    CHECK(stat(path_of("state/log/bangerd.out"), &info) == 0 && (info.st_mode & 077) == 0);
    CHECK(stat(path_of("state"), &info) == 0 && (info.st_mode & 077) == 0);
}

static void tells_why_the_daemon_did_not_start(void) {
    install("#!/bin/sh\necho 'there is no Java here' >&2\nexit 1\n");
    start_program(copied_client, WORDS("vm", "list"));
    CHECK(client_status() == 1);
    CHECK(strstr(read_all(error), "the daemon did not start") != NULL && strstr(said, "there is no Java here") != NULL);
}

static void asking_about_the_daemon_does_not_start_it(void) {
    static const struct {
        const char *words[4];
        int status;
        const char *output;
    } cases[] = {
        {{"daemon", "status"}, 3, "bangerd is not running\n"},
        {{"daemon", "status", "--json"}, 3, "{\"running\":false}\n"},
        {{"daemon", "stop"}, 0, "bangerd is not running\n"},
        {{"__complete", "0", "v"}, 0, ""},
    };
    install("#!/bin/sh\ntouch \"$BANGER_HOME/was-started\"\nexit 1\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start_program(copied_client, cases[i].words);
        CHECK(client_status() == cases[i].status);
        CHECK(strcmp(read_all(output), cases[i].output) == 0);
        CHECK(!exists("was-started") && !exists("run") && !exists("state"));
        close(to_input);
        close(input_end);
        close(output);
        close(error);
        to_input = input_end = output = error = -1;
    }
    start_program(copied_client, WORDS("vm", "list"));
    CHECK(client_status() == 1 && exists("was-started"));
}

static void close_if_open(int *fd) {
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

static void clean_up(void) {
    end_child(&client);
    peer_close(&daemon_side);
    close_if_open(&listener);
    close_if_open(&to_input);
    close_if_open(&input_end);
    close_if_open(&output);
    close_if_open(&error);
    unsetenv("AWS_SECRET_ACCESS_KEY");
    unsetenv("BANGER_TEST");
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", home, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

int main(int count, char **arguments) {
    static const struct test tests[] = {
        TEST(sends_its_words_and_chosen_variables),
        TEST(leaves_with_the_exit_status_of_the_result),
        TEST(relays_both_outputs_in_full),
        TEST(tells_an_error_with_its_operation),
        TEST(an_answer_that_breaks_the_protocol_is_a_failure),
        TEST(an_answer_that_is_too_long_is_a_failure),
        TEST(a_daemon_that_goes_away_is_a_failure),
        TEST(follows_an_update_to_its_end_over_daemons_that_go),
        TEST(another_command_may_end_with_any_status),
        TEST(an_interrupt_cancels_and_a_second_one_leaves),
        TEST(an_interrupt_waits_for_what_the_daemon_says),
        TEST(an_interrupt_may_be_the_usual_end),
        TEST(an_interrupt_is_heard_while_nobody_reads_the_output),
        TEST(a_request_to_end_leaves_at_once),
        TEST(takes_no_more_input_than_was_granted),
        TEST(the_end_of_input_is_an_empty_frame),
        TEST(runs_a_local_command_and_reports_its_status),
        TEST(a_run_directory_that_others_may_enter_is_refused),
        TEST(a_run_directory_that_is_a_link_is_refused),
        TEST(a_home_without_a_place_for_sockets_is_refused),
        TEST(starts_the_daemon_beside_it),
        TEST(tells_why_the_daemon_did_not_start),
        TEST(asking_about_the_daemon_does_not_start_it),
    };
    if (count != 2) {
        fputs("usage: client_test CLIENT\n", stderr);
        return 2;
    }
    client_path = arguments[1];
    return test_all(tests, sizeof tests / sizeof tests[0], clean_up);
}
