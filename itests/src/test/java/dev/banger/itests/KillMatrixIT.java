// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/**
 * The daemon, the client, the VMM or the guest's agent dies before or after one act of a command,
 * with a machine running beside the one that the command is for; everything must become whole
 * again. A slice of the cells in every build, all with the profile {@code kill-matrix}: the points
 * are then those that the daemon itself reports when the command runs undisturbed. A table of the
 * outcomes is written to {@code target/}. System properties:
 *
 * <ul>
 *   <li>{@code banger.kill-matrix.cells}: of all cells those whose name, such as {@code stop
 *       end.record:after client}, contains a match of this regular expression
 *   <li>{@code banger.kill-matrix.part}: {@code 2/3} is the second third of them
 * </ul>
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KillMatrixIT {
  private static final boolean FULL = Boolean.getBoolean("banger.kill-matrix.full");
  private static final String CELLS = System.getProperty("banger.kill-matrix.cells", "");
  private static final String PART = System.getProperty("banger.kill-matrix.part", "1/1");

  /** For what the daemon does behind everybody's back when it sees that a VMM has died. */
  private static final Duration SETTLING = Duration.ofSeconds(60);

  @TempDir static Path directory;
  private MatrixHome home;
  private MatrixTable table;
  private List<MatrixCell> cells;

  @BeforeAll
  @Timeout(1200)
  void install() throws IOException {
    assumeTrue(Files.isExecutable(BusyboxImage.BUSYBOX), "busybox-static is not installed");
    home = new MatrixHome(directory);
    cells = chosen();
    String name = FULL ? "kill-matrix" : "kill-matrix-some";
    String part = PART.equals("1/1") ? "" : "-" + PART.replace("/", "of");
    table = new MatrixTable(Path.of("target", name + part + ".md"));
  }

  @AfterAll
  void uninstall() {
    if (home != null) {
      home.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> whatever_dies_here_nothing_is_lost_and_nothing_is_left() {
    return cells.stream().map(cell -> DynamicTest.dynamicTest(cell.toString(), () -> run(cell)));
  }

  private List<MatrixCell> chosen() throws IOException {
    List<MatrixCell> all = new ArrayList<>();
    for (MatrixOperation operation : MatrixOperation.values()) {
      boolean slice = !FULL && CELLS.isEmpty();
      all.addAll(
          slice ? MatrixCell.slice(operation) : MatrixCell.all(operation, home.points(operation)));
    }
    List<MatrixCell> wanted =
        all.stream()
            .filter(cell -> Pattern.compile(CELLS).matcher(cell.toString()).find())
            .toList();
    String[] part = PART.split("/");
    int parts = Integer.parseInt(part[1]);
    int index = Integer.parseInt(part[0]) - 1;
    int from = wanted.size() * index / parts;
    return wanted.subList(from, wanted.size() * (index + 1) / parts);
  }

  private void run(MatrixCell cell) throws IOException {
    long begin = System.nanoTime();
    try {
      home.prepare(cell.operation());
      String command = strike(cell);
      String found = assertWhole(cell);
      String repeated = repeat(cell);
      table.passed(cell, command + "; then " + found + "; again: " + repeated, since(begin));
    } catch (TestAbortedException e) {
      table.passed(cell, e.getMessage(), since(begin));
      home.renew();
      throw e;
    } catch (AssertionError | RuntimeException | IOException e) {
      table.failed(cell, e, since(begin));
      home.renew();
      throw e;
    }
  }

  private static Duration since(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  /** Runs the command and lets the victim die; tells how the command ended. */
  private String strike(MatrixCell cell) throws IOException {
    if (cell.victim() == MatrixCell.Victim.DAEMON) {
      home.haltAt(cell.point());
      Outcome interrupted = home.run(cell.operation());
      assertThat(interrupted.status()).as("%s", interrupted).isNotZero();
      assertThat(interrupted.stderr()).contains("daemon went away");
      home.awaitDeathOfDaemon();
      home.recover();
      return "interrupted";
    }
    home.holdAt(cell.point());
    long ended = home.commandsEnded();
    Running command = home.begin(cell.operation());
    home.awaitHeld(command);
    kill(cell.victim(), command);
    home.release();
    Outcome outcome = command.await(Duration.ofMinutes(3));
    Installation.await(
        "the end of the command", Duration.ofMinutes(2), () -> home.commandsEnded() > ended);
    if (cell.victim() == MatrixCell.Victim.CLIENT) {
      return "left alone";
    }
    return outcome.status() == 0 ? "succeeds" : "fails";
  }

  private void kill(MatrixCell.Victim victim, Running command) {
    switch (victim) {
      case CLIENT -> {
        command.signal("KILL");
        command.await(Duration.ofSeconds(60));
      }
      case VMM -> {
        List<ProcessHandle> vmms = home.vmms();
        assumeTrue(!vmms.isEmpty(), "no VMM runs any more");
        for (ProcessHandle vmm : vmms) {
          vmm.destroyForcibly();
          vmm.onExit().join();
        }
      }
      case AGENT -> home.killAgent();
      case DAEMON -> throw new IllegalArgumentException("it dies by itself");
    }
  }

  /** Checks the invariants, here and after one more daemon; tells what became of the machine. */
  private String assertWhole(MatrixCell cell) throws IOException {
    Duration settled = awaitConsistent();
    String found = foundOf(cell);
    List<String> before = home.snapshot();
    home.killDaemon();
    home.recover();
    awaitConsistent();
    assertThat(home.snapshot()).as("the second reconciliation changes nothing").isEqualTo(before);
    return found + (settled.toSeconds() > 1 ? " within %d s".formatted(settled.toSeconds()) : "");
  }

  private Duration awaitConsistent() throws IOException {
    long begin = System.nanoTime();
    while (true) {
      try {
        home.assertConsistent();
        return since(begin);
      } catch (AssertionError e) {
        if (since(begin).compareTo(SETTLING) > 0) {
          throw e;
        }
      }
    }
  }

  private String foundOf(MatrixCell cell) {
    JsonNode vm = home.subject();
    if (vm.isMissingNode()) {
      return "no machine";
    }
    String state = vm.get("state").asText();
    String error = vm.path("last_error").asText("");
    if (state.equals("error")) {
      assertThat(error).as("why %s", vm).isNotBlank();
      if (cell.victim() == MatrixCell.Victim.DAEMON) {
        assertThat(error).contains("was interrupted");
      }
    }
    return state + (vm.path("last_error").isNull() ? "" : ", with the reason told");
  }

  /** The same command once more. */
  private String repeat(MatrixCell cell) throws IOException {
    boolean failed = home.subject().path("state").asText().equals("error");
    Outcome outcome = home.run(cell.operation());
    if (!failed && cell.operation().saysDone(outcome)) {
      return "is done already";
    }
    assertThat(outcome.status()).as("repeated: %s", outcome).isZero();
    awaitConsistent();
    boolean running = home.subject().path("state").asText().equals("running");
    if (cell.victim() == MatrixCell.Victim.AGENT) {
      home.removeSubject(); // nobody in it answers
    } else if (running) {
      assertThat(home.bootOf(MatrixHome.SUBJECT)).isNotBlank();
    }
    return "succeeds";
  }
}
