// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RunningCommandsTest {
  private final AtomicReference<RunningCommands> self = new AtomicReference<>();
  private final RunningCommands running =
      new RunningCommands(() -> self.get().withdrawn(), Duration.ofHours(1));

  RunningCommandsTest() {
    self.set(running);
  }

  @Test
  void draining_waits_for_the_commands_that_run() throws InterruptedException {
    CountDownLatch drained = new CountDownLatch(1);
    RunningCommands.Entered command = running.enter();
    running.pause();
    Thread draining =
        new Thread(
            () -> {
              running.drain(Operation.background());
              drained.countDown();
            });
    draining.start();
    assertThat(drained.getCount()).isEqualTo(1);
    command.close();
    drained.await();
    draining.join();
  }

  @Test
  void draining_ends_with_its_time() {
    try (RunningCommands.Entered ignored = running.enter()) {
      assertThatThrownBy(() -> running.drain(Operation.background().within(Duration.ofMillis(50))))
          .isInstanceOf(BangerException.class);
    }
    running.drain(Operation.background().within(Duration.ofSeconds(10)));
  }

  @Test
  void what_takes_longer_than_the_grace_goes_on() {
    RunningCommands hurried = new RunningCommands(() -> {}, Duration.ofMillis(1));
    try (RunningCommands.Entered ignored = hurried.enter()) {
      hurried.drain(Operation.background());
    }
  }
}
