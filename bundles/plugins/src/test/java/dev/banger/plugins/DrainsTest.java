// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.operation.Operation;
import dev.banger.plugin.Drain;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

@Timeout(60)
class DrainsTest {
  @TempDir Path directory;
  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  private FrameworkLab lab;

  @BeforeEach
  void start() throws Exception {
    lab = FrameworkLab.in(directory);
  }

  @AfterEach
  void stop() throws Exception {
    lab.close();
  }

  private Bundle running(String name) throws Exception {
    Bundle bundle = lab.install(TestPlugin.of(name, "1.0.0"));
    bundle.start();
    return bundle;
  }

  private void register(Bundle bundle, String name, boolean fails) {
    Drain drain =
        new Drain() {
          @Override
          public void pause() {
            call("pauses");
          }

          @Override
          public void drain(Operation operation) {
            assertThat(operation.remaining()).isPresent();
            call("drains");
          }

          private void call(String what) {
            calls.add(name + " " + what);
            if (fails) {
              throw new IllegalStateException("out of order");
            }
          }
        };
    bundle.getBundleContext().registerService(Drain.class, drain, null);
  }

  @Test
  void each_drain_of_a_bundle_is_called_and_none_of_another_whatever_fails() throws Exception {
    Bundle bundle = running("org.example.updated");
    Bundle other = running("org.example.other");
    register(bundle, "first", true);
    register(bundle, "second", false);
    register(other, "other", false);
    bundle.getBundleContext().registerService(Runnable.class, () -> calls.add("run"), null);
    Drains drains = new Drains(lab.context());

    drains.pause(bundle);
    assertThat(calls).containsExactlyInAnyOrder("first pauses", "second pauses");
    calls.clear();
    drains.drain(bundle);
    assertThat(calls).containsExactlyInAnyOrder("first drains", "second drains");

    calls.clear();
    bundle.stop();
    drains.pause(bundle);
    assertThat(calls).as("a bundle that does not run").isEmpty();
  }

  @Test
  void whoever_is_interrupted_goes_on_with_the_update() throws Exception {
    Bundle bundle = running("org.example.updated");
    register(bundle, "only", false);
    Thread.currentThread().interrupt();
    new Drains(lab.context()).pause(bundle);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void one_that_hangs_is_left_behind_and_holds_up_no_other() throws Exception {
    Bundle bundle = running("org.example.updated");
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(2);
    Drain hanging =
        new Drain() {
          @Override
          public void pause() {
            try {
              never.await();
            } catch (InterruptedException e) {
              interrupted.countDown();
            }
          }

          @Override
          public void drain(Operation operation) {
            pause();
          }
        };
    bundle.getBundleContext().registerService(Drain.class, hanging, null);
    register(bundle, "second", false);
    Drains drains = new Drains(lab.context(), Duration.ofMillis(100));

    drains.pause(bundle);
    drains.drain(bundle);
    assertThat(calls).containsExactly("second pauses", "second drains");
    assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
  }
}
