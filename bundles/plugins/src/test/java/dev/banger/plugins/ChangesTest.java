// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.banger.doctor.DoctorCheck;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginCandidate;
import dev.banger.plugin.PluginSelfCheck;
import dev.banger.plugin.PluginSource;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.example.sample.BrokenCheck;
import org.example.sample.HangingActivator;
import org.example.sample.RefusingSelfCheck;
import org.example.sample.WorkingCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

@Timeout(60)
class ChangesTest {
  private static final String NAME = "org.example.changed";

  @TempDir Path directory;
  private final Operation operation = Operation.background();
  private FrameworkLab lab;

  @BeforeEach
  void start() throws Exception {
    lab = FrameworkLab.in(directory);
  }

  @AfterEach
  void stop() throws Exception {
    lab.close();
  }

  private static TestPlugin plugin(String version) {
    return TestPlugin.of(NAME, version).component(WorkingCheck.class, DoctorCheck.class);
  }

  private PluginSource source(TestPlugin plugin) throws IOException {
    return new PluginSource(lab.jar(plugin).toString(), null);
  }

  private Bundle install(TestPlugin plugin) throws IOException {
    return lab.changes().install(source(plugin), operation);
  }

  private PluginUpdate update(Bundle bundle, TestPlugin plugin) throws IOException {
    lab.changes().beginUpdate(bundle, source(plugin), operation);
    return lab.updates().await(NAME, operation);
  }

  private static void assertRefused(ErrorCode code, String words, ThrowingCallable call) {
    assertThatThrownBy(call)
        .hasMessageContaining(words)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private void assertNothingStaged() {
    assertThat(directory.resolve("cache/plugins")).isEmptyDirectory();
  }

  @Test
  void a_jar_is_examined_installed_updated_and_removed() throws Exception {
    PluginCandidate candidate = lab.changes().examine(source(plugin("1.0.0")), operation);
    assertThat(candidate.name()).isEqualTo(NAME);
    assertThat(lab.versions(NAME)).as("nothing is changed by looking").isEmpty();

    Bundle first = install(plugin("1.0.0"));
    assertThat(first.getState()).isEqualTo(Bundle.ACTIVE);
    assertThat(lab.bundles().toFile().list()).containsExactly(NAME + "-1.0.0.jar");

    assertThat(update(first, plugin("1.1.0")).state()).isEqualTo(State.DONE);
    assertThat(lab.versions(NAME)).containsExactly("1.1.0");
    Bundle second = lab.context().getBundles()[lab.context().getBundles().length - 1];
    assertThat(update(second, plugin("1.1.0").with("Bundle-Description", "another")).state())
        .as("the same version")
        .isEqualTo(State.DONE);
    assertThat(second.getHeaders("").get("Bundle-Description")).isEqualTo("another");

    lab.changes().remove(second, operation);
    assertThat(lab.versions(NAME)).isEmpty();
    assertThat(lab.bundles()).isEmptyDirectory();
    assertNothingStaged();
  }

  @Test
  void one_that_does_not_work_is_taken_away_again() throws Exception {
    assertRefused(
        ErrorCode.OPERATION_FAILED,
        "out of order",
        () ->
            install(TestPlugin.of(NAME, "1.0.0").component(BrokenCheck.class, DoctorCheck.class)));
    assertRefused(
        ErrorCode.OPERATION_FAILED,
        "the well is dry",
        () ->
            install(
                TestPlugin.of(NAME, "1.0.0")
                    .component(RefusingSelfCheck.class, PluginSelfCheck.class)));

    assertThat(lab.versions(NAME)).isEmpty();
    assertThat(lab.bundles()).isEmptyDirectory();
    assertNothingStaged();
    assertThat(install(plugin("1.0.0")).getState()).isEqualTo(Bundle.ACTIVE);
  }

  @Test
  void what_does_not_fit_is_refused_before_anything_changes() throws Exception {
    assertRefused(
        ErrorCode.OPERATION_FAILED,
        "nothing was changed",
        () -> install(TestPlugin.of(NAME, "1.0.0").with("Import-Package", "org.nowhere")));
    assertThat(lab.bundles()).isEmptyDirectory();
    Bundle installed = install(plugin("1.0.0"));

    assertRefused(
        ErrorCode.ALREADY_EXISTS, "plugin update " + NAME, () -> install(plugin("1.1.0")));
    assertRefused(
        ErrorCode.BAD_REQUEST,
        "no version of " + NAME,
        () -> update(installed, TestPlugin.of("org.example.another", "1.0.0")));
    assertRefused(
        ErrorCode.OPERATION_FAILED,
        "org.nowhere",
        () ->
            update(installed, TestPlugin.of(NAME, "1.1.0").with("Import-Package", "org.nowhere")));

    assertThat(installed.getState()).isEqualTo(Bundle.ACTIVE);
    assertThat(lab.versions(NAME)).containsExactly("1.0.0");
    assertNothingStaged();
    assertThat(update(installed, plugin("1.1.0")).state())
        .as("a refusal keeps nobody from changing it")
        .isEqualTo(State.DONE);
  }

  @Test
  void a_bad_update_leaves_the_version_before() throws Exception {
    Bundle good = install(plugin("1.0.0"));

    PluginUpdate update =
        update(good, TestPlugin.of(NAME, "1.1.0").component(BrokenCheck.class, DoctorCheck.class));

    assertThat(update.state()).isEqualTo(State.REVERTED);
    assertThat(good.getState()).isEqualTo(Bundle.ACTIVE);
    assertThat(lab.versions(NAME)).containsExactly("1.0.0");
    assertThat(lab.bundles().toFile().list()).containsExactly(NAME + "-1.0.0.jar");
  }

  @Test
  void what_others_installed_is_left_to_them() throws Exception {
    Bundle elsewhere = lab.install(plugin("1.0.0"));

    assertRefused(
        ErrorCode.HOST_UNFIT,
        "was not installed by banger",
        () -> lab.changes().remove(elsewhere, operation));
  }

  @Test
  void changes_wait_for_each_other_and_a_cancelled_one_gives_up() throws Exception {
    lab.changes().begin(operation);
    PluginSource source = source(plugin("1.0.0"));

    assertRefused(
        ErrorCode.DEADLINE_EXCEEDED,
        "",
        () -> lab.changes().install(source, operation.within(Duration.ofMillis(100))));
    lab.changes().end();

    assertThat(lab.changes().install(source, operation).getState()).isEqualTo(Bundle.ACTIVE);
  }

  @Test
  void one_that_hangs_while_it_is_removed_is_named_and_holds_up_no_other_change() throws Exception {
    Changes changes = lab.changes(lab.impatient());
    Bundle hanging =
        changes.install(
            source(TestPlugin.of(NAME, "1.0.0").activator(HangingActivator.class)), operation);

    assertRefused(
        ErrorCode.OPERATION_FAILED,
        NAME + " 1.0.0 hangs",
        () -> changes.remove(hanging, operation));

    assertThat(lab.bundles()).isEmptyDirectory();
    changes.begin(operation.within(FrameworkLab.LIMIT));
    changes.end();
    HangingActivator.release();
    FrameworkLab.await(() -> hanging.getState() == Bundle.UNINSTALLED);
  }

  @Test
  void an_update_whose_predecessor_hangs_is_done_and_tells_what_stays() throws Exception {
    Changes changes = lab.changes(lab.impatient());
    Bundle hanging =
        changes.install(
            source(TestPlugin.of(NAME, "1.0.0").activator(HangingActivator.class)), operation);

    changes.beginUpdate(hanging, source(plugin("1.1.0")), operation);
    PluginUpdate update = lab.updates().await(NAME, operation);

    assertThat(update.state()).isEqualTo(State.DONE);
    assertThat(update.reason()).contains(NAME + " 1.0.0 hangs").contains("banger daemon stop");
    assertThat(lab.bundles().toFile().list()).containsExactly(NAME + "-1.1.0.jar");
    changes.begin(operation.within(FrameworkLab.LIMIT));
    changes.end();
    HangingActivator.release();
    FrameworkLab.await(() -> hanging.getState() == Bundle.UNINSTALLED);
  }

  @Test
  void others_may_change_something_while_a_jar_is_fetched() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    Path jar = lab.jar(plugin("1.0.0"));
    byte[] content = Files.readAllBytes(jar);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          asked.countDown();
          try (exchange) {
            answer.await();
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
    try {
      String location = "http://127.0.0.1:" + server.getAddress().getPort() + "/slow.jar";
      PluginSource slow = new PluginSource(location, Digests.sha256(jar));
      FutureTask<Bundle> install = new FutureTask<>(() -> lab.changes().install(slow, operation));
      new Thread(install).start();
      assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();

      lab.changes().begin(operation.within(FrameworkLab.LIMIT));
      lab.changes().end();

      answer.countDown();
      assertThat(install.get(20, TimeUnit.SECONDS).getState()).isEqualTo(Bundle.ACTIVE);
    } finally {
      answer.countDown();
      server.stop(0);
    }
  }
}
