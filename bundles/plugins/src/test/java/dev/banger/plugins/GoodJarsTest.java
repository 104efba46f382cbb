// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.doctor.DoctorCheck;
import dev.banger.event.Event;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.example.sample.BrokenCheck;
import org.example.sample.WorkingCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;

@Timeout(60)
class GoodJarsTest {
  private static final String NAME = "org.example.kept";

  @TempDir Path directory;
  private FrameworkLab lab;
  private GoodJars goodJars;
  private Path copies;

  @BeforeEach
  void start() throws Exception {
    lab = FrameworkLab.in(directory);
    copies = directory.resolve("copies");
    goodJars =
        new GoodJars(
            lab.context(),
            lab.installation(),
            lab.components(),
            lab.check(),
            FrameworkLab.LIMIT,
            lab.changes(),
            lab.updates(),
            lab.watched(),
            new AddedJars(
                lab.context(), lab.installation(), lab.rehearsal(), Duration.ofMillis(300)),
            Duration.ofMillis(300));
  }

  @AfterEach
  void stop() throws Exception {
    goodJars.close();
    lab.close();
  }

  private static TestPlugin good(String version) {
    return TestPlugin.of(NAME, version).component(WorkingCheck.class, DoctorCheck.class);
  }

  private static TestPlugin bad(String version) {
    return TestPlugin.of(NAME, version).component(BrokenCheck.class, DoctorCheck.class);
  }

  private boolean isKept(String file) {
    try {
      Path copy = copies.resolve(file);
      return Files.exists(copy) && Files.mismatch(copy, lab.bundles().resolve(file)) < 0;
    } catch (IOException e) {
      return false; // it comes just now
    }
  }

  @Test
  void a_copy_is_kept_of_what_works_before_and_after_it_is_replaced_by_hand() throws Exception {
    Bundle bundle = lab.drop(good("1.0.0"), "mine.jar");
    goodJars.keepIn(copies);
    FrameworkLab.await(() -> isKept("mine.jar"));

    good("1.1.0").to(lab.bundles().resolve("mine.jar"));
    FrameworkLab.await(() -> bundle.getVersion().getMinor() == 1 && isKept("mine.jar"));

    assertThat(lab.updates().latest(NAME)).isEmpty();
    assertThat(lab.events()).isEmpty();
  }

  @Test
  void what_does_not_work_gives_way_to_the_copy_and_that_is_told() throws Exception {
    goodJars.keepIn(copies);
    Bundle bundle = lab.drop(good("1.0.0"), "mine.jar");
    FrameworkLab.await(() -> isKept("mine.jar"));

    bad("1.1.0").to(lab.bundles().resolve("mine.jar"));
    FrameworkLab.await(() -> lab.updates().latest(NAME).isPresent());

    PluginUpdate update = lab.updates().latest(NAME).orElseThrow();
    assertThat(update.state()).isEqualTo(State.REVERTED);
    assertThat(update.from()).isEqualTo("1.0.0");
    assertThat(update.to()).isEqualTo("1.1.0");
    assertThat(update.reason()).contains("out of order");
    assertThat(bundle.getVersion()).hasToString("1.0.0");
    assertThat(bundle.getState()).isEqualTo(Bundle.ACTIVE);
    assertThat(isKept("mine.jar")).isTrue();
    assertThat(lab.events()).containsExactly(Event.PLUGIN_REVERTED);

    good("1.2.0").to(lab.bundles().resolve("mine.jar"));
    FrameworkLab.await(() -> lab.updates().latest(NAME).isEmpty());
    assertThat(bundle.getVersion()).hasToString("1.2.0");
  }

  @Test
  void what_never_worked_is_neither_kept_nor_taken_away() throws Exception {
    goodJars.keepIn(copies);
    Bundle bundle = lab.drop(bad("1.0.0"), "mine.jar");
    lab.drop(TestPlugin.of("org.example.fine", "1.0.0"), "fine.jar");
    FrameworkLab.await(() -> isKept("fine.jar"));

    assertThat(copies.resolve("mine.jar")).doesNotExist();
    assertThat(bundle.getState()).isEqualTo(Bundle.ACTIVE);
  }

  @Test
  void copies_of_what_is_gone_are_removed_with_the_next_one_that_comes() throws Exception {
    goodJars.keepIn(copies);
    lab.drop(good("1.0.0"), "mine.jar");
    FrameworkLab.await(() -> isKept("mine.jar"));
    Files.delete(lab.bundles().resolve("mine.jar"));
    FrameworkLab.await(() -> lab.versions(NAME).isEmpty());

    lab.drop(TestPlugin.of("org.example.fine", "1.0.0"), "fine.jar");

    FrameworkLab.await(() -> isKept("fine.jar") && !Files.exists(copies.resolve("mine.jar")));
  }

  private void replaceBy(byte[] content) throws IOException {
    Path fresh = Files.write(directory.resolve("fresh"), content);
    Files.move(fresh, lab.bundles().resolve("mine.jar"), StandardCopyOption.ATOMIC_MOVE);
  }

  private void assertGoodAgain(String reason) {
    FrameworkLab.await(() -> lab.updates().latest(NAME).isPresent());
    PluginUpdate update = lab.updates().latest(NAME).orElseThrow();
    assertThat(update.state()).isEqualTo(State.REVERTED);
    assertThat(update.from()).isEqualTo("1.0.0");
    assertThat(update.reason()).contains(reason);
    assertThat(lab.versions(NAME)).containsExactly("1.0.0");
    assertThat(lab.state(lab.bundles().resolve("mine.jar"))).isEqualTo(Bundle.ACTIVE);
    assertThat(isKept("mine.jar")).isTrue();
    assertThat(lab.events()).containsExactly(Event.PLUGIN_REVERTED);
  }

  @Test
  void what_is_no_jar_gives_way_to_the_copy_although_its_bundle_is_gone() throws Exception {
    goodJars.keepIn(copies);
    lab.drop(good("1.0.0"), "mine.jar");
    FrameworkLab.await(() -> isKept("mine.jar"));

    replaceBy("<html>not found</html>".getBytes(StandardCharsets.UTF_8));

    assertGoodAgain("is no bundle");
  }

  @Test
  void what_the_framework_does_not_take_gives_way_to_the_copy_although_the_old_code_runs()
      throws Exception {
    goodJars.keepIn(copies);
    lab.drop(good("1.0.0"), "mine.jar");
    FrameworkLab.await(() -> isKept("mine.jar"));

    replaceBy(Files.readAllBytes(lab.jar(good("1.1.0").with("Import-Package", ";;=,"))));

    assertGoodAgain("the framework does not take " + NAME);
  }

  @Test
  void a_jar_that_is_damaged_within_gives_way_to_the_copy() throws Exception {
    goodJars.keepIn(copies);
    lab.drop(good("1.0.0"), "mine.jar");
    FrameworkLab.await(() -> isKept("mine.jar"));
    byte[] damaged = Files.readAllBytes(lab.jar(good("1.1.0")));
    for (int i = damaged.length * 4 / 10; i < damaged.length / 2; i++) {
      damaged[i] ^= 0x55;
    }

    replaceBy(damaged);

    assertGoodAgain("is no bundle");
  }

  @Test
  void what_was_damaged_before_the_daemon_started_gives_way_to_the_copy() throws Exception {
    Files.createDirectory(copies);
    good("1.0.0").to(copies.resolve("mine.jar"));
    replaceBy("<html>not found</html>".getBytes(StandardCharsets.UTF_8));

    goodJars.keepIn(copies);

    assertGoodAgain("is no bundle");
  }

  @Test
  void what_is_damaged_and_was_never_good_is_left_alone() throws Exception {
    replaceBy("<html>not found</html>".getBytes(StandardCharsets.UTF_8));
    goodJars.keepIn(copies);
    lab.drop(TestPlugin.of("org.example.fine", "1.0.0"), "fine.jar");
    FrameworkLab.await(() -> isKept("fine.jar"));

    assertThat(lab.bundles().resolve("mine.jar")).hasContent("<html>not found</html>");
    assertThat(lab.updates().latest(NAME)).isEmpty();
  }
}
