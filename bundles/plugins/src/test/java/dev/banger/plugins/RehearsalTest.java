// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.plugin.PluginProblem;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

@Timeout(60)
class RehearsalTest {
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

  private List<PluginProblem> problems(TestPlugin plugin) throws Exception {
    int before = lab.context().getBundles().length;
    List<PluginProblem> problems = lab.rehearsal().problems(lab.staged(plugin));
    assertThat(lab.context().getBundles()).as("nothing stays").hasSize(before);
    return problems;
  }

  @Test
  void what_fits_has_no_problems_and_what_does_not_is_told() throws Exception {
    TestPlugin plugin = TestPlugin.of("org.example.tried", "1.0.0");

    assertThat(problems(plugin)).isEmpty();
    assertThat(problems(plugin.with("Import-Package", "org.nowhere"))).hasSize(1);
  }

  @Test
  void a_jar_is_tried_beside_the_bundle_of_its_own_name_and_version() throws Exception {
    TestPlugin plugin = TestPlugin.of("org.example.tried", "1.0.0");
    Bundle installed = lab.install(plugin);
    installed.start();

    assertThat(problems(plugin)).isEmpty();

    assertThat(installed.getState()).isEqualTo(Bundle.ACTIVE);
    assertThatThrownBy(() -> lab.install(plugin))
        .as("elsewhere two of one version stay forbidden")
        .isInstanceOf(BundleException.class);
  }

  @Test
  void requirements_that_are_met_but_not_together_are_found() throws Exception {
    lab.install(TestPlugin.of("a1", "1.0.0").with("Export-Package", "org.example.a;version=1"));
    lab.install(TestPlugin.of("a2", "2.0.0").with("Export-Package", "org.example.a;version=2"));
    lab.install(
        TestPlugin.of("b", "1.0.0")
            .with("Import-Package", "org.example.a;version=\"[2,3)\"")
            .with("Export-Package", "org.example.b;version=1;uses:=\"org.example.a\""));
    TestPlugin plugin = TestPlugin.of("org.example.tried", "1.0.0");

    assertThat(
            problems(
                plugin.with("Import-Package", "org.example.b,org.example.a;version=\"[1,2)\"")))
        .singleElement()
        .satisfies(problem -> assertThat(problem.message()).contains("not all together"));
    assertThat(
            problems(
                plugin.with("Import-Package", "org.example.b,org.example.a;version=\"[2,3)\"")))
        .isEmpty();
  }

  @Test
  void fragments_and_singletons_are_looked_at_without_being_wired() throws Exception {
    TestPlugin one = TestPlugin.of("org.example.one; singleton:=true", "1.0.0");
    lab.install(one).start();

    assertThat(problems(one)).isEmpty();
    assertThat(
            problems(
                TestPlugin.of("org.example.fragment", "1.0.0")
                    .with("Fragment-Host", "org.example.one")))
        .isEmpty();
  }

  @Test
  void what_the_framework_does_not_take_is_refused() throws Exception {
    StagedJar jar =
        lab.staged(TestPlugin.of("org.example.tried", "1.0.0").with("Import-Package", "a,a"));

    assertThatThrownBy(() -> lab.rehearsal().problems(jar))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("the framework does not take org.example.tried");
  }
}
