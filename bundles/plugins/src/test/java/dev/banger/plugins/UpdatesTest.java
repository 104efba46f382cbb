// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.doctor.DoctorCheck;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.operation.Operation;
import dev.banger.plugin.Drain;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.example.sample.BrokenCheck;
import org.example.sample.WorkingCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

@Timeout(60)
class UpdatesTest {
  private static final String NAME = "org.example.updated";

  @TempDir Path directory;
  private final Operation operation = Operation.background();
  private final List<String> steps = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch ended = new CountDownLatch(1);
  private FrameworkLab lab;
  private Bundle bundle;
  private StagedJar previous;

  @BeforeEach
  void start() throws Exception {
    lab = FrameworkLab.in(directory);
    previous = lab.staged(plugin("1.0.0").component(WorkingCheck.class, DoctorCheck.class));
    bundle = lab.context().installBundle(previous.file().toUri().toString());
    bundle.start();
  }

  @AfterEach
  void stop() throws Exception {
    lab.close();
  }

  private static TestPlugin plugin(String version) {
    return TestPlugin.of(NAME, version);
  }

  /** Updates the bundle within the framework, and notes what is asked of it. */
  private final class Noted implements Replacement {
    private final StagedJar fresh;
    private final StagedJar back;

    Noted(StagedJar fresh, StagedJar back) {
      this.fresh = fresh;
      this.back = back;
    }

    @Override
    public Bundle bringIn() throws BundleException, IOException {
      return update("in", fresh);
    }

    @Override
    public String settle() {
      steps.add("settled");
      return null;
    }

    @Override
    public Bundle takeBack() throws BundleException, IOException {
      return update("back", back);
    }

    private Bundle update(String step, StagedJar jar) throws BundleException, IOException {
      steps.add(step);
      bundle.update(Files.newInputStream(jar.file()));
      return bundle;
    }
  }

  private PluginUpdate update(TestPlugin fresh, StagedJar back) throws Exception {
    StagedJar jar = lab.staged(fresh);
    PluginUpdate begun =
        lab.updates().begin(bundle, jar.facts(), new Noted(jar, back), ended::countDown, operation);
    assertThat(begun.state()).isEqualTo(State.RUNNING);
    assertThat(begun.from()).isEqualTo("1.0.0");
    PluginUpdate last = lab.updates().await(NAME, operation);
    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(lab.updates().latest(NAME)).contains(last);
    return last;
  }

  @Test
  void a_bundle_is_paused_before_anybody_is_answered_and_drained_before_it_goes() throws Exception {
    CountDownLatch work = new CountDownLatch(1);
    Drain drain =
        new Drain() {
          @Override
          public void pause() {
            steps.add("paused");
          }

          @Override
          public void drain(Operation within) {
            within.await(() -> work.getCount() == 0, Duration.ofMillis(5));
            steps.add("drained");
          }
        };
    bundle.getBundleContext().registerService(Drain.class, drain, null);
    StagedJar fresh = lab.staged(plugin("1.1.0"));

    lab.updates()
        .begin(bundle, fresh.facts(), new Noted(fresh, previous), ended::countDown, operation);
    assertThat(steps).containsExactly("paused");
    work.countDown();

    lab.updates().await(NAME, operation);
    assertThat(steps).startsWith("paused", "drained", "in");
  }

  @Test
  void one_that_works_is_settled() throws Exception {
    PluginUpdate update =
        update(plugin("1.1.0").component(WorkingCheck.class, DoctorCheck.class), previous);

    assertThat(update.state()).isEqualTo(State.DONE);
    assertThat(update.reason()).isNull();
    assertThat(update.endedAt()).isNotNull();
    assertThat(steps).containsExactly("in", "settled");
    assertThat(bundle.getVersion()).hasToString("1.1.0");
    assertThat(lab.events()).containsExactly(Event.PLUGIN_UPDATED);
  }

  @Test
  void one_that_does_not_work_is_taken_back_with_its_reason() throws Exception {
    PluginUpdate update =
        update(plugin("1.1.0").component(BrokenCheck.class, DoctorCheck.class), previous);

    assertThat(update.state()).isEqualTo(State.REVERTED);
    assertThat(update.reason()).contains("out of order");
    assertThat(steps).containsExactly("in", "back");
    assertThat(bundle.getVersion()).hasToString("1.0.0");
    assertThat(bundle.getState()).isEqualTo(Bundle.ACTIVE);
    assertThat(lab.events()).containsExactly(Event.PLUGIN_REVERTED);

    lab.updates().handMade(NAME, null, operation);
    assertThat(lab.updates().latest(NAME)).as("a good one by hand makes it forgotten").isEmpty();
  }

  @Test
  void one_that_lacks_a_service_of_its_predecessor_is_taken_back() throws Exception {
    PluginUpdate update = update(plugin("1.1.0"), previous);

    assertThat(update.state()).isEqualTo(State.REVERTED);
    assertThat(update.reason()).contains(DoctorCheck.class.getName());
    assertThat(steps).containsExactly("in", "back");
  }

  @Test
  void a_predecessor_that_does_not_come_back_whole_is_told() throws Exception {
    StagedJar broken = lab.staged(plugin("1.0.0").component(BrokenCheck.class, DoctorCheck.class));

    PluginUpdate update =
        update(plugin("1.1.0").component(BrokenCheck.class, DoctorCheck.class), broken);

    assertThat(update.state()).isEqualTo(State.BROKEN);
    assertThat(update.reason()).contains("1.0.0 did not come back whole");
    assertThat(lab.events()).containsExactly(Event.PLUGIN_REVERTED);
  }

  @Test
  void one_that_could_not_begin_does_not_run_for_ever() throws Exception {
    StagedJar jar = lab.staged(plugin("1.1.0"));
    bundle.uninstall();

    assertThatThrownBy(
            () ->
                lab.updates()
                    .begin(
                        bundle,
                        jar.facts(),
                        new Noted(jar, previous),
                        Snapshot.NONE,
                        ended::countDown,
                        operation))
        .isInstanceOf(IllegalStateException.class);

    assertThat(lab.updates().latest(NAME)).isEmpty();
  }

  @Test
  void one_that_ends_by_an_error_of_java_is_taken_back() throws Exception {
    StagedJar jar = lab.staged(plugin("1.1.0"));
    Replacement failing =
        new Replacement() {
          @Override
          public Bundle bringIn() {
            throw new OutOfMemoryError("made by a test");
          }

          @Override
          public String settle() {
            throw new AssertionError("it was never brought in");
          }

          @Override
          public Bundle takeBack() {
            steps.add("back");
            return bundle;
          }
        };

    lab.updates().begin(bundle, jar.facts(), failing, ended::countDown, operation);

    PluginUpdate update = lab.updates().await(NAME, operation);
    assertThat(update.state()).isEqualTo(State.REVERTED);
    assertThat(update.reason()).contains("made by a test");
    assertThat(steps).containsExactly("back");
  }

  @Test
  void nobody_waits_for_an_update_that_never_was() {
    assertThatThrownBy(() -> lab.updates().await("org.example.never", operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
  }
}
