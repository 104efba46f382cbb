// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.operation.Operation;
import dev.banger.plugin.PluginSelfCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.example.sample.ContentSelfCheck;
import org.example.sample.HangingSelfCheck;
import org.example.sample.RefusingSelfCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OwnSelfChecksTest {
  @TempDir Path directory;
  private FrameworkLab lab;
  private OwnSelfChecks checks;

  @BeforeEach
  void start() throws Exception {
    lab = FrameworkLab.in(directory);
    checks =
        new OwnSelfChecks(
            lab.context(), bundle -> bundle.getSymbolicName().startsWith("dev.banger."));
  }

  @AfterEach
  void stop() throws Exception {
    lab.close();
  }

  private void add(String name, Class<? extends PluginSelfCheck> check) throws Exception {
    lab.install(TestPlugin.of(name, "1.0.0").component(check, PluginSelfCheck.class)).start();
    FrameworkLab.await(() -> isPublished(name));
  }

  /** Declarative Services publishes a component in a moment. */
  private boolean isPublished(String name) {
    return Arrays.stream(lab.context().getBundles())
        .filter(each -> name.equals(each.getSymbolicName()))
        .anyMatch(each -> each.getRegisteredServices() != null);
  }

  private static Operation within(Duration limit) {
    return Operation.background().within(limit);
  }

  @Test
  void tells_what_an_own_bundle_says_of_itself() throws Exception {
    assertThat(checks.problems(within(FrameworkLab.LIMIT))).isEmpty();
    add("dev.banger.content", ContentSelfCheck.class);
    assertThat(checks.problems(within(FrameworkLab.LIMIT))).isEmpty();
    add("dev.banger.refusing", RefusingSelfCheck.class);
    assertThat(checks.problems(within(FrameworkLab.LIMIT)))
        .containsExactly("dev.banger.refusing: its own check failed: the well is dry");
  }

  @Test
  void what_others_added_is_not_asked() throws Exception {
    add("org.example.refusing", RefusingSelfCheck.class);
    assertThat(checks.problems(within(FrameworkLab.LIMIT))).isEmpty();
  }

  @Test
  void one_that_hangs_is_a_problem_in_time() throws Exception {
    add("dev.banger.hanging", HangingSelfCheck.class);
    assertThat(checks.problems(within(Duration.ofSeconds(1))))
        .singleElement()
        .asString()
        .contains("did not end in time");
  }
}
