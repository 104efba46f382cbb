// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ProcessEndTest {
  private final Operation operation = Operation.background();
  private final ProcessTable processes = new ProcessTable(Path.of("/proc"));
  private final ProcessEnd end = new ProcessEnd(processes);
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void killAll() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void a_process_that_was_told_to_end_is_waited_for() throws IOException {
    Process process = start("cat");
    ProcessIdentity identity = identity(process);
    process.getOutputStream().close();

    end.await(identity, operation);

    assertThat(process.onExit().join().exitValue()).as("it ended by itself").isZero();
  }

  @Test
  void a_process_that_does_not_end_by_itself_is_asked() throws IOException {
    Process process = start("sleep", "600");

    end.await(identity(process), operation);

    assertThat(process.onExit().join().exitValue()).as("ended by TERM").isEqualTo(128 + 15);
  }

  @Test
  void a_process_that_does_not_listen_is_killed() throws IOException {
    Process process = start("sh", "-c", "trap '' TERM; echo ready; exec sleep 600");
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    assertThat(output.readLine()).isEqualTo("ready");

    end.end(identity(process), operation);

    assertThat(process.onExit().join().exitValue()).as("ended by KILL").isEqualTo(128 + 9);
  }

  @Test
  void another_process_with_the_same_id_is_left_alone() throws IOException {
    Process process = start("sleep", "600");
    ProcessIdentity identity = identity(process);

    end.end(
        new ProcessIdentity(identity.pid(), identity.startTime() - 1, identity.bootId()),
        operation);
    end.await(new ProcessIdentity(identity.pid(), identity.startTime(), "another"), operation);

    assertThat(process.isAlive()).isTrue();
  }

  @Test
  void a_cancelled_end_is_given_up() throws IOException {
    Process process = start("sleep", "600");
    ProcessIdentity identity = identity(process);
    operation.cancel("changed my mind");

    assertThatThrownBy(() -> end.await(identity, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));

    assertThat(process.isAlive()).isTrue();
  }

  private Process start(String... words) throws IOException {
    Process process = new ProcessBuilder(words).start();
    started.add(process);
    return process;
  }

  private ProcessIdentity identity(Process process) {
    return processes.identify(process.pid()).orElseThrow();
  }
}
