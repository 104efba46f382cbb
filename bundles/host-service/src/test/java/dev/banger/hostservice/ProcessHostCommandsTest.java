// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ProcessHostCommandsTest {
  private final ProcessHostCommands commands = searching(System.getenv("PATH"));

  private static ProcessHostCommands searching(String path) {
    return new ProcessHostCommands(path, new Orphans(Path.of("/nowhere/state")));
  }

  private CommandResult sh(String script) {
    return commands.run(HostCommand.of("sh", "-c", script), Operation.background());
  }

  private static ErrorCode codeOf(Throwable e) {
    return ((BangerException) e).code();
  }

  @Test
  void gives_status_and_output() {
    assertThat(sh("echo out; echo err >&2; exit 3"))
        .isEqualTo(new CommandResult(3, "out\n", "err\n"));
    assertThat(sh("kill -TERM $$").status()).isEqualTo(128 + 15);
    assertThat(sh("cat; echo $LC_ALL").stdout()).isEqualTo("C.UTF-8\n");
  }

  @Test
  void passes_arguments_as_they_are(@TempDir Path directory) {
    CommandResult result =
        commands.run(
            new HostCommand(
                List.of("sh", "-c", "echo \"$1\" $A; pwd", "sh", "a  $b;'c"),
                Map.of("A", "x"),
                directory),
            Operation.background());
    assertThat(result.stdout()).isEqualTo("a  $b;'c x\n" + directory + "\n");
  }

  @Test
  void keeps_the_end_of_a_long_output() {
    CommandResult result = sh("seq 1 400000; seq 1 400000 >&2");
    assertThat(result.stdout()).hasSize(1 << 20).endsWith("\n399999\n400000\n");
    assertThat(result.stderr()).hasSize(64 << 10).endsWith("\n400000\n");
  }

  @Test
  void names_a_program_that_is_missing() {
    assertThat(commands.find("sh")).isPresent();
    assertThat(commands.find("no-such-program")).isEmpty();
    assertThat(searching("").find("chroot")).isPresent();
    assertThatThrownBy(
            () -> commands.run(HostCommand.of("no-such-program"), Operation.background()))
        .hasMessageContaining("no-such-program")
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.HOST_UNFIT));
  }

  @Test
  void never_looks_into_the_working_directory() {
    assertThat(searching(".:").find("pom.xml")).isEmpty();
  }

  @Test
  void ends_the_command_and_its_children_when_it_is_cancelled() throws Exception {
    Operation operation = Operation.background();
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    // The child ignores the polite signal.
    String script = "sh -c 'trap \"\" TERM; while :; do sleep 0.1; done' & echo $!; wait";
    HostProcess process = commands.start(HostCommand.of("sh", "-c", script), line -> {}, operation);
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.stdout(), StandardCharsets.UTF_8));
    long child = Long.parseLong(out.readLine());
    Thread waiter =
        new Thread(
            () -> {
              try {
                process.await(operation);
              } catch (BangerException e) {
                outcome.set(e);
              }
            });
    waiter.start();
    assertThat(ProcessHandle.of(child)).isPresent();
    operation.cancel("no more");
    waiter.join();
    assertThat(codeOf(outcome.get())).isEqualTo(ErrorCode.CANCELLED);
    Operation.background()
        .within(Duration.ofSeconds(25))
        .await(() -> hasEnded(child), Duration.ofMillis(10));
    process.close();
  }

  /** Gone, or dead and not yet reaped by the init that it fell to. */
  private static boolean hasEnded(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return stat.startsWith("Z", stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void ends_the_command_when_its_time_is_up() {
    Operation operation = Operation.background().within(Duration.ofMillis(100));
    assertThatThrownBy(() -> commands.run(HostCommand.of("sleep", "600"), operation))
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
  }

  @Test
  void runs_nothing_for_an_operation_that_has_ended(@TempDir Path directory) {
    Operation operation = Operation.background();
    operation.cancel("before");
    Path file = directory.resolve("made");
    assertThatThrownBy(() -> commands.run(HostCommand.of("touch", file.toString()), operation))
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.CANCELLED));
    assertThat(file).doesNotExist();
  }

  @Test
  void is_not_held_up_by_a_grandchild_that_keeps_an_output_open() {
    CommandResult result = sh("sleep 20 & echo started");
    assertThat(result.stdout()).isEqualTo("started\n");
  }

  @Test
  void gives_the_lines_of_errors_while_the_command_runs() throws IOException {
    List<String> lines = new CopyOnWriteArrayList<>();
    try (HostProcess process =
        commands.start(
            HostCommand.of("sh", "-c", "echo one >&2; echo two >&2; printf three >&2; echo out"),
            lines::add,
            Operation.background())) {
      assertThat(process.stdout().readAllBytes()).asString().isEqualTo("out\n");
      assertThat(process.await(Operation.background()))
          .isEqualTo(new CommandResult(0, "", "one\ntwo\nthree"));
    }
    assertThat(lines).containsExactly("one", "two", "three");
  }

  @Test
  void ends_a_command_that_is_closed() throws IOException {
    HostProcess process =
        commands.start(
            HostCommand.of("sh", "-c", "echo $$; exec sleep 600"),
            line -> {},
            Operation.background());
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.stdout(), StandardCharsets.UTF_8));
    long pid = Long.parseLong(out.readLine());
    process.close();
    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
  }
}
