// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.MachineStatistics;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class StandstillWatchTest {
  private static final String DONE = "{\"return\": {}}\n";
  private static final String STATUS = "{\"return\": {\"status\": \"%s\", \"running\": %s}}\n";
  private static final String STANDS_STILL = STATUS.formatted("io-error", false);
  private static final String RUNS = STATUS.formatted("running", true);

  /** So many looks are enough to know that nothing comes of them. */
  private static final int LOOKS = 5;

  @TempDir Path home;
  private final AtomicLong millis = new AtomicLong();
  private final AtomicInteger looks = new AtomicInteger();
  private volatile long millisPerLook;
  private volatile boolean alive = true;
  private volatile MachineHandle lastLook;

  private StandstillWatch watch() {
    StandstillWatch watch =
        new StandstillWatch(this::usage, Duration.ofMillis(2), Duration.ofSeconds(20));
    watch.watch(process(1));
    return watch;
  }

  private MachineHandle process(long pid) {
    return new MachineHandle(
        "qemu", pid, 1, "boot", "tcg", home.resolve("qmp"), home.resolve("agent"));
  }

  private Optional<MachineStatistics> usage(MachineHandle handle) {
    boolean lives = alive; // before a test sees the look
    lastLook = handle;
    looks.incrementAndGet();
    return lives
        ? Optional.of(
            new MachineStatistics(Duration.ofMillis(millis.addAndGet(millisPerLook)), 1, 1, 1, 1))
        : Optional.empty();
  }

  @Test
  void a_machine_that_found_no_space_is_told_to_go_on() throws IOException {
    try (FakeQmp server =
            FakeQmp.on(home.resolve("qmp"), FakeQmp.GREETING, DONE, STANDS_STILL, DONE);
        StandstillWatch watch = watch()) {
      await(() -> server.requests().size() == 3);
      assertThat(server.requests())
          .extracting(request -> request.path("execute").asText())
          .containsExactly("qmp_capabilities", "query-status", "cont");
    }
  }

  @Test
  void a_machine_that_only_idles_is_left_alone() throws Exception {
    try (FakeQmp server = FakeQmp.on(home.resolve("qmp"), FakeQmp.GREETING, DONE, RUNS);
        StandstillWatch watch = watch()) {
      await(() -> server.requests().size() == 2);
      server.awaitDisconnection();
      assertThat(server.requests())
          .extracting(request -> request.path("execute").asText())
          .containsExactly("qmp_capabilities", "query-status");
    }
  }

  @Test
  void a_machine_that_computes_is_not_even_asked() throws IOException {
    millisPerLook = 20;
    try (FakeQmp server = FakeQmp.on(home.resolve("qmp"), FakeQmp.GREETING);
        StandstillWatch watch = watch()) {
      await(() -> looks.get() >= LOOKS);
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void a_machine_that_does_not_answer_is_looked_at_again() throws IOException {
    try (StandstillWatch watch = watch()) {
      await(() -> looks.get() >= LOOKS);
      try (FakeQmp server =
          FakeQmp.on(home.resolve("qmp"), FakeQmp.GREETING, DONE, STANDS_STILL, DONE)) {
        await(() -> server.requests().size() == 3);
      }
    }
  }

  @Test
  void a_machine_that_has_ended_is_forgotten() {
    alive = false;
    try (StandstillWatch watch = watch()) {
      await(() -> looks.get() >= 1);
      alive = true;
      Operation.background().pause(Duration.ofMillis(50));
      assertThat(looks).hasValue(1);
    }
  }

  @Test
  void nothing_is_looked_at_any_more_by_one_that_is_closed() {
    StandstillWatch watch = watch();
    watch.close();
    assertThat(watch.watch(process(2))).isFalse();
  }

  @Test
  void the_next_run_of_a_machine_takes_the_place_of_the_last() {
    try (StandstillWatch watch = watch()) {
      await(() -> process(1).equals(lastLook));
      watch.watch(process(2));
      await(() -> process(2).equals(lastLook));
      lastLook = null;
      await(() -> lastLook != null);
      assertThat(lastLook).isEqualTo(process(2));
    }
  }

  private static void await(BooleanSupplier condition) {
    Operation.background().within(Duration.ofSeconds(20)).await(condition, Duration.ofMillis(2));
  }
}
