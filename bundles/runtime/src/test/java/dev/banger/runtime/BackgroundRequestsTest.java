// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hostservice.JacksonJson;
import dev.banger.operation.Operation;
import dev.banger.operation.OperationStatus;
import dev.banger.vm.VmService;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BackgroundRequestsTest {
  /** What every method of the machines' service does. */
  @FunctionalInterface
  interface Verb {
    Object run(Operation operation) throws Exception;
  }

  @TempDir Path directory;
  private final Services services = new Services(Duration.ofSeconds(30));
  private final Operations operations = new Operations();
  private RpcServer server;
  private Path socket;

  @BeforeEach
  void start() throws IOException {
    socket = directory.resolve("bangerd.sock");
    server =
        new RpcServer(socket, channel -> true, services, operations, new JacksonJson(), "1.2.3");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void machines(Verb verb) {
    services.vms =
        (VmService)
            Proxy.newProxyInstance(
                VmService.class.getClassLoader(),
                new Class<?>[] {VmService.class},
                (proxy, method, arguments) ->
                    verb.run((Operation) arguments[arguments.length - 1]));
  }

  private TestClient.Answer begin(String id, String method, String parameters) throws IOException {
    try (TestClient client = new TestClient(socket)) {
      client.send(
          MessageType.REQUEST,
          String.format(
              "{\"version\":1,\"op_id\":\"%s\",\"method\":\"operations.begin\","
                  + "\"params\":{\"method\":\"%s\",\"params\":%s}}",
              id, method, parameters));
      return client.answer();
    }
  }

  private Map<?, ?> status(String id) throws IOException {
    return (Map<?, ?>)
        TestClient.call(socket, "operations.status", "{\"op_id\":\"" + id + "\"}").result();
  }

  private Map<?, ?> ended(String id) throws Exception {
    operations.awaitEnd(id, Duration.ofSeconds(20));
    return status(id);
  }

  @Test
  void goes_on_when_its_connection_has_ended_and_keeps_the_result() throws Exception {
    CountDownLatch connectionEnded = new CountDownLatch(1);
    machines(
        operation -> {
          operation.progress().stage("boot", "booting");
          connectionEnded.await();
          operation.check();
          return null;
        });
    assertThat(begin("op-1", "vm.delete", "{\"reference\":\"a\"}").result())
        .isEqualTo(Map.of("op_id", "op-1"));
    Map<?, ?> running = status("op-1");
    assertThat(running.get("state")).isEqualTo("running");
    assertThat(running.get("method")).isEqualTo("vm.delete");
    assertThat(running.get("ended_at")).isNull();
    connectionEnded.countDown();
    Map<?, ?> done = ended("op-1");
    assertThat(done.get("state")).isEqualTo("done");
    assertThat(done.get("result")).isNull();
    assertThat(done.get("result_dropped")).isEqualTo(false);
    assertThat(done.get("error")).isNull();
    assertThat(done.get("ended_at")).isNotNull();
    assertThat(done.get("stages").toString()).startsWith("[{name=boot, message=booting, at=");
  }

  @Test
  void mints_an_id_when_none_is_given() throws Exception {
    Map<?, ?> begun =
        (Map<?, ?>)
            TestClient.call(socket, "operations.begin", "{\"method\":\"version\"}").result();
    Map<?, ?> done = ended((String) begun.get("op_id"));
    assertThat(done.get("result")).isEqualTo(Map.of("version", "1.2.3", "protocol", 1));
  }

  @Test
  void lists_what_has_ended_before_what_runs() throws Exception {
    begin("op-1", "version", "{}").result();
    ended("op-1");
    List<Map<?, ?>> listed = list();
    assertThat(column(listed, "method")).containsExactly("version", "operations.list");
    assertThat(column(listed, "state")).containsExactly("done", "running");
    assertThat(column(listed, "background")).containsExactly(true, false);
  }

  @SuppressWarnings("unchecked")
  private List<Map<?, ?>> list() throws IOException {
    return (List<Map<?, ?>>) TestClient.call(socket, "operations.list", "{}").result();
  }

  private static List<Object> column(List<Map<?, ?>> rows, String name) {
    return rows.stream().map(row -> (Object) row.get(name)).toList();
  }

  @Test
  void tells_why_it_failed() throws Exception {
    machines(
        operation -> {
          throw new BangerException(ErrorCode.NO_SPACE, "the disk is full");
        });
    begin("op-1", "vm.touch", "{\"reference\":\"a\"}").result();
    Map<?, ?> failed = ended("op-1");
    assertThat(failed.get("state")).isEqualTo("failed");
    assertThat(failed.get("error"))
        .isEqualTo(Map.of("code", "no_space", "message", "the disk is full"));
    machines(
        operation -> {
          throw new NoClassDefFoundError("gone/With/An/Update");
        });
    begin("op-2", "vm.touch", "{\"reference\":\"a\"}").result();
    assertThat(((Map<?, ?>) ended("op-2").get("error")).get("code")).isEqualTo("operation_failed");
  }

  @Test
  void is_cancelled_while_it_waits_for_a_service() throws Exception {
    begin("op-1", "vm.touch", "{\"reference\":\"a\"}").result(); // there is no such service yet
    assertThat(status("op-1").get("state")).isEqualTo("running");
    TestClient.call(socket, "operations.cancel", "{\"op_id\":\"op-1\"}").result();
    Map<?, ?> cancelled = ended("op-1");
    assertThat(cancelled.get("state")).isEqualTo("cancelled");
    assertThat(((Map<?, ?>) cancelled.get("error")).get("code")).isEqualTo("cancelled");
    assertThat(TestClient.call(socket, "operations.cancel", "{\"op_id\":\"op-1\"}").error())
        .isEqualTo("not_found");
  }

  @Test
  void what_breaks_because_it_was_cancelled_is_no_failure() throws Exception {
    CountDownLatch working = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    machines(
        operation -> {
          operation.onCancel(cancelled::countDown);
          working.countDown();
          cancelled.await();
          throw new IllegalStateException("the connection is closed");
        });
    begin("op-1", "vm.touch", "{\"reference\":\"a\"}").result();
    working.await();
    TestClient.call(socket, "operations.cancel", "{\"op_id\":\"op-1\"}").result();
    assertThat(ended("op-1").get("state")).isEqualTo("cancelled");
  }

  @Test
  void one_that_was_cancelled_too_late_is_done() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(1);
    machines(
        operation -> {
          operation.onCancel(cancelled::countDown);
          cancelled.await();
          return null;
        });
    begin("op-1", "vm.touch", "{\"reference\":\"a\"}").result();
    TestClient.call(socket, "operations.cancel", "{\"op_id\":\"op-1\"}").result();
    assertThat(ended("op-1").get("state")).isEqualTo("done");
  }

  @Test
  void of_many_that_begin_one_id_at_once_one_wins() throws Exception {
    int callers = 8;
    CountDownLatch ready = new CountDownLatch(callers);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    machines(
        operation -> {
          begun.countDown();
          release.await();
          return null;
        });
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      Callable<TestClient.Answer> caller =
          () -> {
            ready.countDown();
            ready.await();
            return begin("op-1", "vm.touch", "{\"reference\":\"a\"}");
          };
      List<Future<TestClient.Answer>> answers = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        answers.add(threads.submit(caller));
      }
      List<Object> codes = new ArrayList<>();
      for (Future<TestClient.Answer> answer : answers) {
        codes.add(String.valueOf(answer.get().fields().get("code")));
      }
      begun.await();
      assertThat(codes).containsOnlyOnce("null").hasSize(callers);
      assertThat(codes.stream().filter("already_exists"::equals)).hasSize(callers - 1);
    } finally {
      release.countDown();
      threads.shutdown();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "daemon.stop",
        "operations.begin",
        "command.run",
        "vm.exec",
        "vm.put",
        "vm.get",
      })
  void refuses_what_needs_its_caller(String method) throws Exception {
    TestClient.Answer answer = begin("op-1", method, "{}");
    assertThat(answer.error()).isEqualTo("bad_request");
    assertThat(answer.message()).contains("needs its caller");
    assertThat(TestClient.call(socket, "operations.status", "{\"op_id\":\"op-1\"}").error())
        .isEqualTo("not_found");
  }

  @Test
  void refuses_what_is_wrong_before_it_begins() throws Exception {
    assertThat(begin("op-1", "no.such", "{}").error()).isEqualTo("unknown_method");
    assertThat(begin("op-1", "vm.touch", "{}").message()).isEqualTo("field 'reference' is missing");
    assertThat(TestClient.call(socket, "operations.begin", "{}").message())
        .isEqualTo("field 'method' is missing");
    assertThat(begin("op-1", "version", "{}").result()).isEqualTo(Map.of("op_id", "op-1"));
  }

  @Test
  void a_large_result_is_dropped_and_says_so() throws Exception {
    services.checks = List.of(check("x".repeat(BackgroundRequests.RESULT_LIMIT)));
    begin("op-1", "doctor.examine", "{}").result();
    Map<?, ?> done = ended("op-1");
    assertThat(done.get("state")).isEqualTo("done");
    assertThat(done.get("result")).isNull();
    assertThat(done.get("result_dropped")).isEqualTo(true);
  }

  private static DoctorCheck check(String detail) {
    return operation -> List.of(new Finding("test", Finding.Status.PASS, detail, null, List.of()));
  }

  @Test
  void a_daemon_that_stops_cancels_it_and_waits_for_its_end() throws Exception {
    CountDownLatch working = new CountDownLatch(1);
    List<String> undone = new ArrayList<>();
    machines(
        operation -> {
          working.countDown();
          try {
            operation.await(() -> false, Duration.ofSeconds(30));
          } finally {
            undone.add("undone");
          }
          return null;
        });
    begin("op-1", "vm.touch", "{\"reference\":\"a\"}").result();
    working.await();
    server.close();
    assertThat(undone).containsExactly("undone");
    OperationStatus cancelled = operations.status("op-1");
    assertThat(cancelled.state()).isEqualTo(OperationStatus.State.CANCELLED);
    assertThat(cancelled.error().message()).contains("being stopped");
  }

  @Test
  void begins_nothing_when_the_daemon_has_no_thread_for_it() {
    Methods methods =
        new Methods(
            services,
            operations,
            new JacksonJson(),
            task -> {
              throw new java.util.concurrent.RejectedExecutionException();
            },
            "1");
    BackgroundRequests background =
        new BackgroundRequests(
            methods.table(),
            operations,
            new JacksonJson(),
            task -> {
              throw new java.util.concurrent.RejectedExecutionException();
            });
    Operation asking = Operation.of("op-1", event -> {});
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> background.begin("version", Map.of(), asking))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.UPDATING);
    assertThat(operations.list()).isEmpty();
  }
}
