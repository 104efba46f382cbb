// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.example.sample.HangingActivator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

@Timeout(60)
class SystemReplacementTest {
  private static final String NAME = "dev.banger.keeper";

  @TempDir Path directory;
  private final Operation operation = Operation.background();
  private FrameworkLab lab;
  private Bundle bundle;

  @BeforeEach
  void start() throws Exception {
    lab = FrameworkLab.in(directory);
    Path file = Files.createDirectories(directory.resolve("system/6")).resolve("keeper.jar");
    bundle = lab.context().installBundle(jar("1.0.0", "3").to(file).toUri().toString());
    bundle.start();
  }

  @AfterEach
  void stop() throws Exception {
    lab.close();
  }

  private static TestPlugin jar(String version, String schema) {
    return TestPlugin.of(NAME, version).with("Banger-Schema", schema);
  }

  private void update(TestPlugin fresh) throws Exception {
    lab.changes().beginUpdate(bundle, new PluginSource(lab.jar(fresh).toString(), null), operation);
  }

  @Test
  void one_that_hangs_while_it_is_stopped_holds_up_nobody_and_can_be_taken_back() throws Exception {
    Bundle hanging =
        lab.install(TestPlugin.of("dev.banger.hanging", "1.0.0").activator(HangingActivator.class));
    hanging.start();
    SystemReplacement replacement =
        new SystemReplacement(
            hanging,
            directory.resolve("system/6/hanging.jar"),
            lab.staged(TestPlugin.of("dev.banger.hanging", "1.1.0")),
            lab.staged(TestPlugin.of("dev.banger.hanging", "1.0.0")),
            new Wirings(lab.context()),
            Duration.ofSeconds(3));

    assertThatThrownBy(replacement::bringIn)
        .hasMessageContainingAll("dev.banger.hanging hangs", "banger daemon stop");
    replacement.takeBack();
    assertThat(hanging.getVersion()).hasToString("1.0.0");
    assertThat(hanging.getState()).isEqualTo(Bundle.ACTIVE);
  }

  @Test
  void what_would_change_the_database_is_refused_and_another_can_come() throws Exception {
    assertThatThrownBy(() -> update(jar("1.1.0", "4")))
        .hasMessageContainingAll("changes the schema of the database", "banger update <release>")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.IN_USE);
    assertThat(bundle.getVersion()).hasToString("1.0.0");
    update(jar("1.1.0", "3"));
    lab.updates().await(NAME, operation);
    assertThat(bundle.getVersion()).hasToString("1.1.0");
  }
}
