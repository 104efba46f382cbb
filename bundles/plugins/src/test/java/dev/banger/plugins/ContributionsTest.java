// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.capability.Capability;
import dev.banger.capability.Cleanup;
import dev.banger.doctor.DoctorCheck;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.example.sample.HangingCapability;
import org.example.sample.WorkingCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

@Timeout(60)
class ContributionsTest {
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

  private Contributions contributions(Duration limit) {
    return new Contributions(
        lab.context(),
        Set.of(Capability.class.getPackageName(), DoctorCheck.class.getPackageName()),
        limit);
  }

  private Bundle started(TestPlugin plugin) throws Exception {
    Bundle bundle = lab.install(plugin);
    bundle.start();
    return bundle;
  }

  @Test
  void what_a_bundle_publishes_is_told_in_words() throws Exception {
    Bundle bundle =
        started(
            TestPlugin.of("org.example.adding", "1.0.0")
                .component(WorkingCheck.class, DoctorCheck.class));

    assertThat(contributions(FrameworkLab.LIMIT).of(bundle)).containsExactly("doctor check");
  }

  @Test
  void one_that_is_uninstalled_while_it_is_asked_adds_nothing() throws Exception {
    Bundle bundle = started(TestPlugin.of("org.example.going", "1.0.0"));
    bundle.uninstall();

    assertThat(contributions(FrameworkLab.LIMIT).of(bundle)).isEmpty();
  }

  @Test
  void a_program_may_lend_the_api_to_the_framework() {
    DoctorCheck check = operation -> null;
    lab.context().registerService(DoctorCheck.class, check, null);
    lab.context().registerService(Runnable.class, () -> {}, null);

    assertThat(new Contributions(lab.context()).of(lab.context().getBundle()))
        .containsExactly("doctor check");
  }

  @Test
  void a_service_that_does_not_tell_its_name_is_left_behind() throws Exception {
    Bundle bundle =
        started(
            TestPlugin.of("org.example.silent", "1.0.0")
                .component(HangingCapability.class, Capability.class));

    assertThat(contributions(Duration.ofMillis(100)).of(bundle))
        .containsExactly("capability (does not answer)");
  }

  @Test
  void a_service_that_fails_is_told_with_its_failure() throws Exception {
    Bundle bundle = started(TestPlugin.of("org.example.failing", "1.0.0"));
    Cleanup failing =
        new Cleanup() {
          @Override
          public String capability() {
            throw new IllegalStateException("out of names");
          }

          @Override
          public void cleanUp(Vm vm, Operation operation) {
            // Nobody asks for it.
          }
        };
    bundle.getBundleContext().registerService(Cleanup.class, failing, null);

    assertThat(contributions(FrameworkLab.LIMIT).of(bundle))
        .containsExactly("capability (fails: java.lang.IllegalStateException: out of names)");
  }
}
