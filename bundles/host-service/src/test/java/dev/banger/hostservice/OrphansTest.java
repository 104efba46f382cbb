// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.host.HostCommand;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OrphansTest {
  @TempDir private Path state;

  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void end_what_lives() {
    started.forEach(
        process -> {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
        });
  }

  /** A command that says a line when it runs, with the mark of a daemon of that directory. */
  private Process command(Path directory, String... argv) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(argv);
    builder.environment().put(Orphans.VARIABLE, new Orphans(directory).mark());
    Process process = builder.start();
    started.add(process);
    assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("up");
    return process;
  }

  @Test
  void ends_commands_and_what_they_started() throws Exception {
    Process orphan = command(state, "sh", "-c", "sleep 600 & echo up; wait");
    ProcessHandle child = orphan.children().findFirst().orElseThrow();

    new Orphans(state).end();

    assertThat(orphan.waitFor(30, TimeUnit.SECONDS)).isTrue();
    child.onExit().get(30, TimeUnit.SECONDS);
  }

  @Test
  void kills_a_command_that_does_not_end_when_asked() throws Exception {
    Process orphan =
        command(state, "sh", "-c", "trap '' TERM; echo up; while true; do sleep 1; done");

    new Orphans(state).end();

    assertThat(orphan.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void leaves_what_has_a_session_of_its_own() throws Exception {
    Process machine = command(state, "setsid", "sh", "-c", "echo up; exec sleep 600");

    new Orphans(state).end();

    assertThat(machine.isAlive()).isTrue();
  }

  @Test
  void leaves_commands_of_other_installations(@TempDir Path other) throws Exception {
    Process foreign = command(other, "sh", "-c", "echo up; exec sleep 600");

    new Orphans(state).end();

    assertThat(foreign.isAlive()).isTrue();
  }

  @Test
  void a_command_carries_the_mark() {
    Orphans orphans = new Orphans(Path.of("/a b/ä"));

    String said =
        new ProcessHostCommands(System.getenv("PATH"), orphans)
            .run(HostCommand.of("printenv", Orphans.VARIABLE), Operation.background())
            .stdout();

    assertThat(said).isEqualTo(orphans.mark() + "\n").matches("[0-9]+:/a%20b/[!-~]+\n");
  }
}
