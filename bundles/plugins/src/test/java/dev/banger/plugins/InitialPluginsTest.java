// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.doctor.DoctorCheck;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import org.example.sample.WorkingCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class InitialPluginsTest {
  private static final Duration NEVER_OVER = Duration.ofHours(1);

  @TempDir Path directory;
  private FrameworkLab lab;

  @BeforeEach
  void start() throws Exception {
    lab = FrameworkLab.in(directory);
  }

  @AfterEach
  void stop() throws Exception {
    lab.close();
  }

  private InitialPlugins initial(Duration limit) {
    return new InitialPlugins(lab.context(), lab.installation(), lab.components(), limit);
  }

  private Path unfinished(String file) throws Exception {
    return Files.writeString(lab.bundles().resolve(file), "not a jar yet");
  }

  @Test
  void nobody_waits_where_there_were_none_even_when_one_comes_later() throws Exception {
    InitialPlugins none = initial(NEVER_OVER);
    unfinished("later.jar");
    none.await(Operation.background());
  }

  @Test
  void one_that_was_there_is_waited_for_until_its_components_are_known() throws Exception {
    Path place = unfinished("mine.jar");
    InitialPlugins initial = initial(NEVER_OVER);
    FutureTask<Boolean> wait =
        new FutureTask<>(
            () -> {
              initial.await(Operation.background());
              return lab.context().getServiceReference(DoctorCheck.class) != null;
            });
    new Thread(wait, "wait").start();

    TestPlugin.of("org.example.mine", "1.0.0")
        .component(WorkingCheck.class, DoctorCheck.class)
        .to(place);

    assertThat(wait.get()).isTrue();
  }

  @Test
  void one_that_is_taken_away_is_not_waited_for() throws Exception {
    Path place = unfinished("mine.jar");
    InitialPlugins initial = initial(NEVER_OVER);
    Files.delete(place);
    initial.await(Operation.background());
  }

  @Test
  void one_that_never_starts_is_waited_for_its_time_and_no_call_longer_than_it_wants()
      throws Exception {
    unfinished("never.jar");
    initial(Duration.ofMillis(1)).await(Operation.background());

    InitialPlugins initial = initial(NEVER_OVER);
    Operation hurried = Operation.background().within(Duration.ofMillis(1));
    assertThatThrownBy(() -> initial.await(hurried))
        .isInstanceOfSatisfying(
            BangerException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
  }
}
