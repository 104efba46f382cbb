// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.plugins.WatchedDirectory.Patience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

@Timeout(60)
class WatchedReplacementTest {
  private static final String NAME = "org.example.replaced";

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

  private static TestPlugin plugin(String description) {
    return TestPlugin.of(NAME, "1.0.0").with("Bundle-Description", description);
  }

  private static String description(Bundle bundle) {
    return bundle.getHeaders("").get("Bundle-Description");
  }

  @Test
  void the_new_one_is_at_work_when_it_was_brought_in_and_the_old_one_when_it_was_taken_back()
      throws Exception {
    Bundle bundle = lab.drop(plugin("previous"), "mine.jar");
    WatchedReplacement replacement =
        new WatchedReplacement(
            bundle,
            lab.bundles().resolve("mine.jar"),
            lab.staged(plugin("fresh")),
            lab.staged(plugin("previous")),
            lab.watched());

    replacement.bringIn();
    assertThat(description(bundle)).isEqualTo("fresh");
    replacement.takeBack();
    assertThat(description(bundle)).isEqualTo("previous");
  }

  @Test
  void an_update_that_ends_late_is_not_taken_for_the_return_of_the_previous_one() throws Exception {
    // Nobody watches it: the test is who updates.
    Bundle bundle = lab.install(plugin("previous"));
    StagedJar fresh = lab.staged(plugin("fresh"));
    StagedJar previous = lab.staged(plugin("previous"));
    Path file = directory.resolve("mine.jar");
    WatchedReplacement replacement =
        new WatchedReplacement(bundle, file, fresh, previous, lab.watched());
    FutureTask<String> back =
        new FutureTask<>(
            () -> {
              replacement.takeBack();
              return description(bundle);
            });
    new Thread(back).start();
    FrameworkLab.await(() -> Files.exists(file));

    bundle.update(Files.newInputStream(fresh.file()));
    assertThatThrownBy(() -> back.get(300, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    bundle.update(Files.newInputStream(previous.file()));

    assertThat(back.get(20, TimeUnit.SECONDS)).isEqualTo("previous");
  }

  @Test
  void a_capability_may_take_its_time_before_it_is_replaced() {
    Patience patience = Patience.OF_DAEMON;

    assertThat(patience.change()).isGreaterThan(patience.departure());
  }
}
