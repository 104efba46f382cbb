// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hostservice.JacksonJson;
import dev.banger.wire.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RpcServerTest extends ServedSocket {
  private TestClient.Answer say(int type, String request) throws IOException {
    try (TestClient client = new TestClient(socket)) {
      client.send(type, request);
      return client.answer();
    }
  }

  @Test
  void answers_on_a_socket_that_is_closed_to_others() throws IOException {
    assertAlive();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-------");
    assertThat(call("ping", "{}").result()).isEqualTo(Map.of("ready", false));
  }

  @Test
  void keeps_the_op_id_that_it_is_given_and_mints_one_otherwise() throws IOException {
    TestClient.Answer given =
        say(MessageType.REQUEST, "{\"version\":1,\"method\":\"version\",\"op_id\":\"op-abc123\"}");
    assertThat(given.fields().get("op_id")).isEqualTo("op-abc123");
    TestClient.Answer refused =
        say(MessageType.REQUEST, "{\"version\":1,\"method\":\"no.such\",\"op_id\":\"op-abc124\"}");
    assertThat(refused.fields().get("op_id")).isEqualTo("op-abc124");
    TestClient.Answer wrong =
        say(MessageType.REQUEST, "{\"version\":1,\"method\":\"version\",\"op_id\":\"../etc\"}");
    assertThat(wrong.error()).isEqualTo("bad_request");
    assertThat((String) wrong.fields().get("op_id")).matches("op-[0-9a-f]{10}");
  }

  @Test
  void refuses_what_it_does_not_understand_and_lives_on() throws IOException {
    assertThat(call("no.such", "{}").error()).isEqualTo("unknown_method");
    assertThat(say(MessageType.REQUEST, "{\"version\":2,\"method\":\"ping\"}").error())
        .isEqualTo("bad_version");
    assertThat(say(MessageType.REQUEST, "{\"method\":\"ping\"}").error()).isEqualTo("bad_version");
    assertThat(say(MessageType.REQUEST, "{\"version\":1}").error()).isEqualTo("bad_request");
    assertThat(say(MessageType.REQUEST, "[1,2").error()).isEqualTo("bad_request");
    assertThat(say(MessageType.REQUEST, "").error()).isEqualTo("bad_request");
    assertThat(say(MessageType.REQUEST, "[".repeat(500_000)).error()).isEqualTo("bad_request");
    assertThat(say(MessageType.STDIN, "hello").error()).isEqualTo("bad_request");
    assertThat(say(0x77, "hello").error()).isEqualTo("bad_request");
    assertThat(call("vm.show", "{\"reference\":\"x\",\"force\":true}").message())
        .contains("unknown field 'force'");
    assertThat(call("vm.show", "{}").message()).isEqualTo("field 'reference' is missing");
    assertThat(call("vm.stop", "{\"reference\":\"x\",\"grace_seconds\":\"5\"}").message())
        .contains("field 'grace_seconds'");
    assertThat(call("vm.list", "{\"mood\":1}").error()).isEqualTo("bad_request");
    assertThat(
            say(MessageType.REQUEST, "{\"version\":1,\"method\":\"version\",\"colour\":\"blue\"}")
                .message())
        .contains("colour");
    assertAlive();
  }

  @Test
  void refuses_garbage_bodies_over_the_limit_and_truncated_frames() throws IOException {
    try (TestClient client = new TestClient(socket)) {
      client.raw("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      assertThat(client.answer().error()).isEqualTo("bad_request");
    }
    try (TestClient client = new TestClient(socket)) {
      client.send(MessageType.REQUEST, new byte[MessageType.REQUEST_LIMIT + 1]);
      assertThat(client.answer().message()).contains("longer than the limit of 1048576");
    }
    try (TestClient client = new TestClient(socket)) {
      client.raw(new byte[] {0, 0, 0, 9, 0});
      client.endSending();
      assertThat(client.answer().error()).isEqualTo("bad_request");
    }
    try (TestClient client = new TestClient(socket)) {
      client.endSending();
      assertThat(client.read()).isNull();
    }
    try (TestClient client = new TestClient(socket)) {
      String longest = "{\"version\":1,\"method\":\"version\"}";
      client.send(
          MessageType.REQUEST, longest + " ".repeat(MessageType.REQUEST_LIMIT - longest.length()));
      client.answer().result();
    }
    assertAlive();
  }

  @Test
  void cancels_the_operation_when_the_client_goes_away() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    command(
        (argv, console) -> {
          running.countDown();
          try {
            console.operation().pause(Duration.ofSeconds(30));
            console.operation().check();
          } finally {
            if (console.operation().ended()) {
              cancelled.countDown();
            }
          }
          return 0;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{\"argv\":[]}");
      running.await();
      assertThat(cancelled.getCount()).isEqualTo(1);
    }
    assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void answers_a_client_that_cancels() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    command(
        (argv, console) -> {
          running.countDown();
          console.operation().await(() -> false, Duration.ofSeconds(30));
          return 0;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{\"argv\":[]}");
      running.await();
      client.send(MessageType.CANCEL, "");
      assertThat(client.answer().error()).isEqualTo("cancelled");
    }
  }

  @Test
  void a_command_knows_that_its_client_ended_it_and_may_take_that_for_its_end() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    command(
        (argv, console) -> {
          boolean before = console.isInterrupted();
          running.countDown();
          try {
            console.operation().await(() -> false, Duration.ofSeconds(30));
          } catch (BangerException e) {
            return !before && console.isInterrupted() ? 130 : 1;
          }
          return 0;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{\"argv\":[]}");
      running.await();
      client.send(MessageType.CANCEL, "");
      assertThat(client.answer().result()).isEqualTo(Map.of("exit_status", 130));
    }
  }

  @Test
  void lists_and_cancels_what_runs() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    command(
        (argv, console) -> {
          console.operation().progress().stage("boot", "booting");
          running.countDown();
          console.operation().await(() -> false, Duration.ofSeconds(30));
          return 0;
        });
    try (TestClient client = new TestClient(socket)) {
      client.send(
          MessageType.REQUEST,
          "{\"version\":1,\"method\":\"command.run\",\"params\":{},\"op_id\":\"op-x1\"}");
      running.await();
      List<?> listed = (List<?>) call("operations.list", "{}").result();
      assertThat(listed).hasSize(2);
      Map<?, ?> first = (Map<?, ?>) listed.get(0);
      assertThat(first.get("id")).isEqualTo("op-x1");
      assertThat(first.get("method")).isEqualTo("command.run");
      assertThat(first.get("stage")).isEqualTo("boot");
      assertThat(first.get("cancelled")).isEqualTo(false);
      call("operations.cancel", "{\"op_id\":\"op-x1\"}").result();
      assertThat(client.answer().error()).isEqualTo("cancelled");
    }
    assertThat(call("operations.cancel", "{\"op_id\":\"op-x1\"}").error()).isEqualTo("not_found");
  }

  @Test
  void serves_a_hundred_connections_at_once() throws Exception {
    CountDownLatch all = new CountDownLatch(100);
    command(
        (argv, console) -> {
          all.countDown();
          all.await();
          console.stdout().write(argv.get(0).getBytes(StandardCharsets.UTF_8));
          return Integer.parseInt(argv.get(0));
        });
    ExecutorService clients = Executors.newFixedThreadPool(100);
    try {
      List<Future<TestClient.Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        String parameters = "{\"argv\":[\"" + i + "\"]}";
        answers.add(clients.submit(() -> call("command.run", parameters)));
      }
      for (int i = 0; i < 100; i++) {
        TestClient.Answer answer = answers.get(i).get();
        assertThat(answer.result()).isEqualTo(Map.of("exit_status", i));
        assertThat(answer.output(MessageType.STDOUT)).isEqualTo(Integer.toString(i));
      }
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void refuses_one_connection_too_many_and_serves_the_next() throws Exception {
    List<TestClient> idle = new ArrayList<>();
    for (int i = 0; i < RpcServer.CONNECTION_LIMIT; i++) {
      idle.add(new TestClient(socket));
    }
    try (TestClient client = new TestClient(socket)) {
      assertThat(client.answer().error()).isEqualTo("unavailable");
    }
    for (TestClient client : idle) {
      client.close();
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    while (call("version", "{}").type() != MessageType.RESULT) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void holds_a_bounded_part_of_the_output_for_a_client_that_does_not_read() throws Exception {
    AtomicLong written = new AtomicLong();
    CountDownLatch ended = new CountDownLatch(1);
    int total = 64 << 20;
    command(
        (argv, console) -> {
          byte[] chunk = new byte[1 << 20];
          try {
            for (int sent = 0; sent < total; sent += chunk.length) {
              console.stdout().write(chunk);
              written.addAndGet(chunk.length);
              // Progress never waits for the client.
              for (int i = 0; i < 1_000; i++) {
                console.operation().progress().bytes("copy", "copying", sent + i, total);
              }
            }
          } finally {
            ended.countDown();
          }
          return 0;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{}");
      client.await(MessageType.STDOUT);
      assertThat(ended.await(300, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(written.get()).isLessThan(4 << 20);
      TestClient.Answer answer = client.answer();
      assertThat(answer.result()).isEqualTo(Map.of("exit_status", 0));
      assertThat(answer.before())
          .allSatisfy(
              frame ->
                  assertThat(frame.payload().length).isLessThanOrEqualTo(MessageType.OUTPUT_CHUNK));
    }
    assertThat(written.get()).isEqualTo(total);
  }

  @Test
  void ends_a_cancelled_operation_whose_client_does_not_read() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    command(
        (argv, console) -> {
          try {
            console.stdout().write(new byte[64 << 20]);
          } finally {
            ended.countDown();
          }
          return 0;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{}");
      client.await(MessageType.STDOUT);
      client.send(MessageType.CANCEL, "");
      assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void asks_for_input_only_when_it_is_read() throws Exception {
    CountDownLatch readNow = new CountDownLatch(1);
    command(
        (argv, console) -> {
          console.stdout().write('x');
          readNow.await();
          return console.stdin().readAllBytes().length / 1024;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{}");
      assertThat(client.read().type()).isEqualTo(MessageType.STDOUT);
      readNow.countDown();
      byte[] data = new byte[1 << 20];
      int sent = 0;
      int credit = 0;
      while (sent < data.length) {
        while (credit == 0) {
          credit = credit(client.await(MessageType.WINDOW));
          assertThat(credit).isPositive().isLessThanOrEqualTo(CreditedInput.WINDOW);
        }
        int part = Math.min(Math.min(credit, 60_000), data.length - sent);
        client.send(MessageType.STDIN, Arrays.copyOfRange(data, sent, sent + part));
        sent += part;
        credit -= part;
      }
      client.send(MessageType.STDIN, "");
      assertThat(client.answer().result()).isEqualTo(Map.of("exit_status", 1024));
    }
  }

  private static int credit(Frame window) {
    return ByteBuffer.wrap(window.payload()).getInt();
  }

  @Test
  void refuses_input_that_was_not_asked_for() throws Exception {
    command(
        (argv, console) -> {
          console.operation().await(() -> false, Duration.ofSeconds(30));
          return 0;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{}");
      client.send(MessageType.STDIN, "unasked");
      assertThat(client.answer().message()).contains("7 bytes of STDIN came, 0 were granted");
    }
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{}");
      client.send(MessageType.STDIN, new byte[MessageType.CLIENT_FRAME_LIMIT + 1]);
      assertThat(client.answer().error()).isEqualTo("bad_request");
    }
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{}");
      client.send(MessageType.RESIZE, new byte[3]);
      assertThat(client.answer().error()).isEqualTo("bad_request");
    }
  }

  @Test
  void wakes_a_reader_of_input_whose_client_has_gone() throws Exception {
    BlockingQueue<String> outcome = new LinkedBlockingQueue<>();
    command(
        (argv, console) -> {
          try (InputStream in = console.stdin()) {
            in.read();
          } catch (IOException e) {
            outcome.add(e.getMessage());
            throw e;
          }
          return 0;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{}");
      client.await(MessageType.WINDOW);
    }
    assertThat(outcome.poll(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void runs_a_command_on_the_clients_terminal() throws Exception {
    command(
        (argv, console) -> {
          console.rawMode(true);
          console.rawMode(false);
          return console.runLocally(List.of("ssh", "x y"), Map.of("A", "b"));
        });
    try (TestClient client = new TestClient(socket)) {
      client.request("command.run", "{}");
      assertThat(client.await(MessageType.TERMINAL).payload()).containsExactly(1);
      assertThat(client.await(MessageType.TERMINAL).payload()).containsExactly(0);
      Frame run = client.await(MessageType.RUN_LOCAL);
      Map<?, ?> fields =
          new JacksonJson().read(new String(run.payload(), StandardCharsets.UTF_8), Map.class);
      assertThat(fields.get("argv")).isEqualTo(List.of("ssh", "x y"));
      assertThat(fields.get("env")).isEqualTo(Map.of("A", "b"));
      client.send(MessageType.LOCAL_EXIT, new byte[] {0, 0, 0, 42});
      assertThat(client.answer().result()).isEqualTo(Map.of("exit_status", 42));
    }
  }

  @Test
  void tells_a_command_what_its_terminal_is_and_does() throws Exception {
    BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
    command(
        (argv, console) -> {
          heard.add(console.terminalSize().orElseThrow());
          heard.add(console.stdinIsTerminal() + " " + console.stdoutIsTerminal());
          heard.add(console.directory());
          heard.add(console.environment());
          CountDownLatch both = new CountDownLatch(2);
          try (var resize =
                  console.onResize(
                      size -> {
                        heard.add(size);
                        both.countDown();
                      });
              var signal =
                  console.onSignal(
                      number -> {
                        heard.add(number);
                        both.countDown();
                      })) {
            console.stderr().write('r');
            both.await();
          }
          return 0;
        });
    try (TestClient client = new TestClient(socket)) {
      client.request(
          "command.run",
          "{\"argv\":[],\"rows\":24,\"columns\":80,\"stdin_terminal\":true,"
              + "\"directory\":\"/home/x\",\"environment\":{\"LANG\":\"C\"}}");
      client.await(MessageType.STDERR);
      client.send(MessageType.RESIZE, new byte[] {0, 30, 0, 100});
      client.send(MessageType.SIGNAL, new byte[] {0, 0, 0, 2});
      client.answer().result();
    }
    assertThat(heard)
        .containsExactly(
            new dev.banger.guest.TerminalSize(24, 80),
            "true false",
            Path.of("/home/x"),
            Map.of("LANG", "C"),
            new dev.banger.guest.TerminalSize(30, 100),
            2);
  }

  @Test
  void sends_progress_before_the_answer() throws Exception {
    command(
        (argv, console) -> {
          console.operation().progress().stage("pull", "pulling");
          console.operation().progress().bytes("pull", "layer", 5, 10);
          return 0;
        });
    TestClient.Answer answer = call("command.run", "{}");
    assertThat(answer.output(MessageType.PROGRESS))
        .isEqualTo(
            "{\"stage\":\"pull\",\"message\":\"pulling\"}"
                + "{\"stage\":\"pull\",\"message\":\"layer\",\"done\":5,\"total\":10}");
  }

  @Test
  void gives_the_code_and_message_of_an_error() throws Exception {
    command(
        (argv, console) -> {
          throw new BangerException(ErrorCode.IN_USE, "vm-1 uses it; delete it first");
        });
    TestClient.Answer answer = call("command.run", "{}");
    assertThat(answer.error()).isEqualTo("in_use");
    assertThat(answer.message()).isEqualTo("vm-1 uses it; delete it first");
  }

  @Test
  void survives_errors_of_the_virtual_machine_in_a_request() throws Exception {
    command((argv, console) -> recurse(1));
    assertThat(call("command.run", "{}").error()).isEqualTo("operation_failed");
    command(
        (argv, console) -> {
          throw new OutOfMemoryError("made by a test");
        });
    assertThat(call("command.run", "{}").message()).contains("made by a test");
    command(
        (argv, console) -> {
          throw new NoClassDefFoundError("gone/With/An/Update");
        });
    assertThat(call("command.run", "{}").error()).isEqualTo("operation_failed");
    assertAlive();
  }

  @SuppressWarnings("InfiniteRecursion")
  private static int recurse(int n) {
    return recurse(n + 1) + 1;
  }

  @Test
  void waits_for_a_service_that_is_being_updated_but_not_for_ever() throws Exception {
    assertThat(call("vm.list", "{}").error()).isEqualTo("unavailable");
    assertThat(call("command.complete", "{\"words\":[\"vm\"],\"index\":1}").error())
        .isEqualTo("unavailable");
    command((argv, console) -> 0);
    assertThat(call("command.complete", "{\"words\":[\"vm\"],\"index\":1}").result())
        .isEqualTo(List.of("completed-1"));
  }

  @Test
  void repeats_what_a_service_refused_because_it_leaves_unless_the_client_has_heard_of_it()
      throws Exception {
    AtomicInteger calls = new AtomicInteger();
    command(
        (argv, console) -> {
          if (argv.get(0).equals("loud")) {
            console.stdout().write('x');
          }
          if (calls.incrementAndGet() < 3) {
            throw new BangerException(ErrorCode.UPDATING, "it leaves");
          }
          return 0;
        });
    assertThat(call("command.run", "{\"argv\":[\"quiet\"]}").result())
        .isEqualTo(Map.of("exit_status", 0));
    assertThat(calls).hasValue(3);
    calls.set(0);
    assertThat(call("command.run", "{\"argv\":[\"loud\"]}").error()).isEqualTo("updating");
    assertThat(calls).hasValue(1);
  }
}
