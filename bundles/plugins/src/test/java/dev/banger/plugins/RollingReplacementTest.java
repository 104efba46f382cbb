// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

@Timeout(60)
class RollingReplacementTest {
  private static final String NAME = "org.example.rolled";

  @TempDir Path directory;
  private FrameworkLab lab;
  private Bundle old;
  private RollingReplacement replacement;

  @BeforeEach
  void start() throws Exception {
    lab = FrameworkLab.in(directory);
    old = lab.drop(TestPlugin.of(NAME, "1.0.0"), "mine.jar");
    replacement =
        new RollingReplacement(
            old,
            lab.bundles().resolve("mine.jar"),
            lab.staged(TestPlugin.of(NAME, "1.1.0")),
            lab.watched());
  }

  @AfterEach
  void stop() throws Exception {
    lab.close();
  }

  @Test
  void the_new_one_works_beside_the_old_one_which_goes_when_that_is_settled() throws Exception {
    Bundle fresh = replacement.bringIn();

    assertThat(fresh.getVersion()).hasToString("1.1.0");
    assertThat(lab.versions(NAME)).containsExactly("1.0.0", "1.1.0");
    assertThat(old.getState()).isEqualTo(Bundle.ACTIVE);

    replacement.settle();

    assertThat(lab.versions(NAME)).containsExactly("1.1.0");
    assertThat(lab.bundles().toFile().list()).containsExactly(NAME + "-1.1.0.jar");
  }

  @Test
  void taken_back_the_old_one_goes_on_alone_as_it_was() throws Exception {
    replacement.bringIn();

    assertThat(replacement.takeBack()).isSameAs(old);

    assertThat(lab.versions(NAME)).containsExactly("1.0.0");
    assertThat(old.getState()).isEqualTo(Bundle.ACTIVE);
    assertThat(lab.bundles().toFile().list()).containsExactly("mine.jar");
    assertThat(replacement.takeBack()).as("again: nothing to do").isSameAs(old);
  }
}
