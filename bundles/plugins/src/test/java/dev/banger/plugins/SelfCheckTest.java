// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.doctor.DoctorCheck;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginProblem.Kind;
import dev.banger.plugin.PluginSelfCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.FutureTask;
import org.example.sample.BrokenCheck;
import org.example.sample.ContentSelfCheck;
import org.example.sample.FailingActivator;
import org.example.sample.HangingSelfCheck;
import org.example.sample.HangingStart;
import org.example.sample.RefusingSelfCheck;
import org.example.sample.WorkingCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

@Timeout(60)
class SelfCheckTest {
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

  private static TestPlugin plugin() {
    return TestPlugin.of("org.example.checked", "1.0.0");
  }

  private List<PluginProblem> check(TestPlugin plugin, Snapshot before, Duration limit)
      throws Exception {
    return lab.check().run(lab.install(plugin), before, limit);
  }

  private List<PluginProblem> check(TestPlugin plugin) throws Exception {
    return check(plugin, Snapshot.NONE, FrameworkLab.LIMIT);
  }

  private static void assertProblem(List<PluginProblem> problems, Kind kind, String words) {
    assertThat(problems)
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.kind()).isEqualTo(kind);
              assertThat(problem.message()).contains(words);
            });
  }

  @Test
  void a_plugin_that_works_is_started_and_has_no_problem() throws Exception {
    Bundle bundle = lab.install(plugin().component(WorkingCheck.class, DoctorCheck.class));

    assertThat(lab.check().run(bundle, Snapshot.NONE, FrameworkLab.LIMIT)).isEmpty();

    assertThat(bundle.getState()).isEqualTo(Bundle.ACTIVE);
    Snapshot now = Snapshot.of(bundle, lab.components());
    assertThat(now.services()).containsExactly(DoctorCheck.class.getName());
    assertThat(lab.check().run(bundle, now, FrameworkLab.LIMIT)).isEmpty();
  }

  @Test
  void a_component_that_cannot_be_activated_is_found_though_nobody_uses_it() throws Exception {
    assertProblem(
        check(plugin().component(BrokenCheck.class, DoctorCheck.class)),
        Kind.ACTIVATION,
        "component BrokenCheck failed: java.lang.IllegalStateException: out of order");
  }

  /** Whoever watches {@code bundles/} does so: its components are not all known at once then. */
  @Test
  void that_is_found_also_while_another_thread_starts_the_bundle() throws Exception {
    for (int number = 0; number < 50; number++) {
      Bundle bundle =
          lab.install(
              TestPlugin.of("org.example.broken" + number, "1.0.0")
                  .component(BrokenCheck.class, DoctorCheck.class));
      FutureTask<Void> start =
          new FutureTask<>(
              () -> {
                bundle.start();
                return null;
              });
      new Thread(start).start();

      assertProblem(
          lab.check().run(bundle, Snapshot.NONE, FrameworkLab.LIMIT),
          Kind.ACTIVATION,
          "out of order");
      start.get();
      bundle.uninstall();
    }
  }

  @Test
  void a_bundle_that_does_not_start_is_found() throws Exception {
    assertProblem(
        check(plugin().activator(FailingActivator.class)), Kind.NOT_STARTED, "will not start");
    assertProblem(
        check(TestPlugin.of("org.example.unmet", "1.0.0").with("Import-Package", "org.nowhere")),
        Kind.REQUIREMENT,
        "org.nowhere");
  }

  @Test
  void a_start_that_hangs_is_left_behind() throws Exception {
    assertProblem(
        check(plugin().activator(HangingStart.class), Snapshot.NONE, Duration.ofSeconds(1)),
        Kind.NOT_STARTED,
        "its start did not end in time");
  }

  @Test
  void a_component_that_waits_is_a_problem_unless_it_waited_before() throws Exception {
    TestPlugin waiting =
        plugin().component(WorkingCheck.class, DoctorCheck.class, "org.nowhere.Oracle");

    assertProblem(
        check(waiting, Snapshot.NONE, Duration.ofSeconds(2)), Kind.REFERENCE, "org.nowhere.Oracle");
    assertThat(
            check(
                TestPlugin.of("org.example.waited", "1.0.0")
                    .component(WorkingCheck.class, DoctorCheck.class, "org.nowhere.Oracle"),
                new Snapshot(Set.of(WorkingCheck.class.getName()), Set.of()),
                FrameworkLab.LIMIT))
        .isEmpty();
  }

  @Test
  void a_service_of_its_predecessor_must_be_there_again() throws Exception {
    Snapshot before = new Snapshot(Set.of(), Set.of("org.example.Before"));

    assertProblem(check(plugin(), before, FrameworkLab.LIMIT), Kind.SERVICE, "org.example.Before");
  }

  @Test
  void its_own_check_has_the_last_word() throws Exception {
    assertThat(check(plugin().component(ContentSelfCheck.class, PluginSelfCheck.class))).isEmpty();
    assertProblem(
        check(
            TestPlugin.of("org.example.refusing", "1.0.0")
                .component(RefusingSelfCheck.class, PluginSelfCheck.class)),
        Kind.SELF_CHECK,
        "its own check failed: the well is dry");
  }

  @Test
  void a_check_that_hangs_is_left_behind() throws Exception {
    assertProblem(
        check(
            plugin().component(HangingSelfCheck.class, PluginSelfCheck.class),
            Snapshot.NONE,
            Duration.ofSeconds(1)),
        Kind.ACTIVATION,
        "did not end in time");
  }

  @Test
  void a_fragment_is_well_without_running() throws Exception {
    assertThat(check(plugin().with("Fragment-Host", "org.apache.felix.scr"))).isEmpty();
  }
}
