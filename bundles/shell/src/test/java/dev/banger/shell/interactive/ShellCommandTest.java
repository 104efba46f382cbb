// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.interactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeConsole;
import dev.banger.shell.gogo.GogoLab;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ShellCommandTest {
  private static final String CTRL_C = "\u0003";
  private static final String CTRL_D = "\u0004";

  private final CommandLab lab = new CommandLab();
  private GogoLab gogo;

  @TempDir Path state;

  @BeforeEach
  void start() {
    lab.state = state;
    lab.vms.add("1111aaaa0000", "web", VmState.RUNNING);
    gogo = new GogoLab(lab.commands(), lab.contributors);
  }

  @AfterEach
  void stop() {
    gogo.close();
  }

  private int shell(boolean withGogo, String... line) throws IOException {
    ShellCommand shell =
        new ShellCommand(
            lab.commands(),
            withGogo ? gogo.interpreter() : null,
            new dev.banger.host.BangerDirectories() {
              @Override
              public Path configuration() {
                return state;
              }

              @Override
              public Path state() {
                return state;
              }

              @Override
              public Path cache() {
                return state;
              }

              @Override
              public Path run() {
                return state;
              }
            },
            lab.console);
    new picocli.CommandLine(shell).parseArgs(line);
    return shell.call();
  }

  @Test
  void runs_a_line_and_ends_with_its_status() throws IOException {
    for (boolean withGogo : List.of(true, false)) {
      lab.console = new FakeConsole();
      assertThat(shell(withGogo, "-c", "vm:list -q")).isZero();
      assertThat(lab.out()).isEqualTo("1111aaaa0000\n");
      assertThat(shell(withGogo, "-c", "vm list --nope")).isEqualTo(2);
      assertThat(shell(withGogo, "-c", "vm show nope")).isEqualTo(1);
      assertThat(lab.err()).contains("banger: VM 'nope' not found (op-test)");
    }
  }

  @Test
  void runs_the_lines_of_its_input_without_giving_it_to_commands() throws IOException {
    for (boolean withGogo : List.of(true, false)) {
      lab.console = new FakeConsole().types("# first\nvm exec web -- cat\n\nvm list -q\n");
      assertThat(shell(withGogo)).isZero();
      assertThat(lab.out()).isEqualTo("out\n1111aaaa0000\n");
      assertThat(lab.guests.read).isEmpty();
    }
  }

  @Test
  void a_person_gets_completion_history_and_a_terminal_of_their_own() throws Exception {
    try (PipedOutputStream keys = person()) {
      CompletableFuture<Integer> ended = begin();
      awaitOutput("banger> ");
      type(keys, "vm li\t-q\r");
      awaitOutput("1111aaaa0000\r\n");
      lab.console.onLocal = () -> assertThat(lab.console.rawModes).containsExactly(true, false);
      type(keys, "vm ssh web; ps --json\r");
      awaitOutput("\"image_name\"");
      type(keys, CTRL_D);
      assertThat(ended.get(20, TimeUnit.SECONDS)).isZero();
    }
    assertThat(lab.console.locally).hasSize(1);
    assertThat(lab.console.rawModes).containsExactly(true, false, true, false);
    Path history = state.resolve("shell_history");
    assertThat(Files.readString(history)).contains("vm list -q");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(history)))
        .isEqualTo("rw-------");
  }

  @Test
  void ctrl_c_ends_the_command_and_not_the_shell() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    lab.guests.running =
        operation -> {
          running.countDown();
          operation.await(() -> false, Duration.ofMillis(5)); // until somebody presses Ctrl-C
        };
    try (PipedOutputStream keys = person()) {
      CompletableFuture<Integer> ended = begin();
      awaitOutput("banger> ");
      type(keys, "vm exec -n web -- sleep 9\r");
      assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
      type(keys, CTRL_C);
      awaitOutput("interrupted");
      lab.guests.running = operation -> {};
      type(keys, "vm list -q\r");
      awaitOutput("1111aaaa0000\r\n");
      type(keys, "exit\r");
      assertThat(ended.get(20, TimeUnit.SECONDS)).isZero();
    }
    assertThat(lab.console.operation.ended()).isFalse();
  }

  @Test
  void ctrl_c_ends_the_input_of_a_command_that_waits_for_it() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    lab.guests.beforeReading = running::countDown;
    try (PipedOutputStream keys = person()) {
      CompletableFuture<Integer> ended = begin();
      awaitOutput("banger> ");
      type(keys, "vm exec web -- cat\r");
      assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
      type(keys, CTRL_C);
      awaitOutput("out\r\n");
      type(keys, CTRL_D);
      assertThat(ended.get(20, TimeUnit.SECONDS)).isZero();
    }
    assertThat(lab.guests.read).isEmpty();
  }

  @Test
  void a_command_that_leaves_its_input_leaves_the_keys_to_the_prompt() throws Exception {
    lab.guests.meanwhile = () -> {};
    try (PipedOutputStream keys = person()) {
      CompletableFuture<Integer> ended = begin();
      awaitOutput("banger> ");
      type(keys, "vm exec web -- cat\r");
      awaitOutput("[?2004l"); // the prompt has given the terminal back
      type(keys, "typed" + CTRL_D);
      awaitOutput("out\r\n");
      type(keys, "vm list -q\r");
      awaitOutput("1111aaaa0000\r\n");
      type(keys, CTRL_D);
      assertThat(ended.get(20, TimeUnit.SECONDS)).isZero();
    }
    assertThat(lab.guests.read).isEqualTo("typed");
  }

  @Test
  void the_shell_ends_when_its_person_is_gone() throws Exception {
    try (PipedOutputStream keys = person()) {
      CompletableFuture<Integer> ended = begin();
      awaitOutput("banger> ");
      lab.console.operation.cancel("the client went away");
      keys.close();
      assertThat(ended.get(20, TimeUnit.SECONDS)).isZero();
    }
  }

  private PipedOutputStream person() throws IOException {
    PipedOutputStream keys = new PipedOutputStream();
    lab.console = new FakeConsole().person();
    lab.console.in = new PipedInputStream(keys);
    lab.console.environment.put("TERM", "xterm");
    return keys;
  }

  private CompletableFuture<Integer> begin() {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return shell(true);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  private static void type(PipedOutputStream keys, String text) throws IOException {
    keys.write(text.getBytes(StandardCharsets.UTF_8));
    keys.flush();
  }

  private void awaitOutput(String text) {
    await(() -> lab.out().contains(text), text);
  }

  private void await(BooleanSupplier condition, String what) {
    try {
      dev.banger.operation.Operation.background()
          .within(Duration.ofSeconds(20))
          .await(condition, Duration.ofMillis(10));
    } catch (RuntimeException e) {
      throw new AssertionError("no '" + what + "' in: " + lab.out(), e);
    }
  }
}
