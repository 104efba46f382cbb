// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.event.Event;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
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
            lab.watched(),
            UpdateNote.about(NAME, lab.notes()));
  }

  /** What a daemon does first that follows one which was killed. */
  private void restart() {
    new UnfinishedUpdates(lab.context(), lab.installation(), lab.updates()).takeBack(lab.notes());
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

  @Test
  void a_daemon_that_is_killed_before_it_is_settled_leaves_the_old_one_to_the_next()
      throws Exception {
    replacement.bringIn();
    assertThat(lab.notes()).isNotEmptyDirectory();

    restart();

    assertThat(lab.bundles().toFile().list()).containsExactly("mine.jar");
    FrameworkLab.await(() -> lab.versions(NAME).equals(List.of("1.0.0")));
    PluginUpdate update = lab.updates().latest(NAME).orElseThrow();
    assertThat(update.state()).isEqualTo(State.REVERTED);
    assertThat(update.to()).isEqualTo("1.1.0");
    assertThat(lab.events()).containsExactly(Event.PLUGIN_REVERTED);
    assertThat(lab.notes()).isEmptyDirectory();
  }

  @Test
  void a_daemon_that_is_killed_when_the_old_one_is_gone_leaves_the_new_one() throws Exception {
    replacement.bringIn();
    Files.delete(lab.bundles().resolve("mine.jar"));

    restart();

    assertThat(lab.bundles().toFile().list()).containsExactly(NAME + "-1.1.0.jar");
    assertThat(lab.updates().latest(NAME)).isEmpty();
    assertThat(lab.notes()).isEmptyDirectory();
  }

  @Test
  void what_somebody_put_in_the_place_of_the_new_one_stays() throws Exception {
    replacement.bringIn();
    TestPlugin.of(NAME, "1.2.0").to(lab.bundles().resolve(NAME + "-1.1.0.jar"));

    restart();

    assertThat(lab.bundles().toFile().list())
        .containsExactlyInAnyOrder("mine.jar", NAME + "-1.1.0.jar");
    assertThat(lab.notes()).isEmptyDirectory();
  }

  @Test
  void once_the_old_one_is_gone_nothing_keeps_the_new_one_from_staying() throws Exception {
    replacement.bringIn();
    Path note = lab.notes().resolve(NAME + ".updating");
    Files.delete(note);
    Files.createDirectories(note.resolve("obstacle"));

    assertThat(replacement.settle()).isNull();

    assertThat(lab.bundles().toFile().list()).containsExactly(NAME + "-1.1.0.jar");
    assertThat(lab.versions(NAME)).containsExactly("1.1.0");
  }

  @Test
  void an_old_one_that_cannot_be_taken_away_is_told_and_no_reason_to_return() throws Exception {
    Bundle staying =
        (Bundle)
            Proxy.newProxyInstance(
                Bundle.class.getClassLoader(),
                new Class<?>[] {Bundle.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "getState" -> Bundle.ACTIVE;
                      case "uninstall" -> throw new BundleException("it will not go");
                      default -> method.invoke(old, arguments);
                    });
    RollingReplacement stuck =
        new RollingReplacement(
            staying,
            lab.bundles().resolve("mine.jar"),
            lab.staged(TestPlugin.of(NAME, "1.1.0")),
            lab.impatient(),
            UpdateNote.about(NAME, lab.notes()));
    stuck.bringIn();

    assertThat(stuck.settle()).contains("it will not go");

    assertThat(lab.bundles().toFile().list()).containsExactly(NAME + "-1.1.0.jar");
  }

  @Test
  void a_note_that_is_damaged_keeps_no_other_from_its_end_and_has_no_other_file_removed()
      throws Exception {
    replacement.bringIn();
    Path whole = lab.notes().resolve(NAME + ".updating");
    String text = Files.readString(whole);
    Path outside = Files.copy(lab.bundles().resolve(NAME + "-1.1.0.jar"), directory.resolve("x"));
    Files.writeString(lab.notes().resolve("a.updating"), "plugin=\\u00");
    Files.writeString(lab.notes().resolve("b.updating"), text.replaceAll("fresh=.*", "fresh=../x"));
    Files.writeString(
        lab.notes().resolve("c.updating"), text.replaceAll("fresh=.*", "fresh=\\\\u0000"));

    restart();

    assertThat(lab.bundles().toFile().list()).containsExactly("mine.jar");
    assertThat(outside).exists();
    assertThat(lab.notes().toFile().list()).as("not understood").containsExactly("c.updating");
  }

  @Test
  void no_note_is_left_when_it_is_over_and_half_of_one_is_none() throws Exception {
    replacement.bringIn();
    replacement.takeBack();
    assertThat(lab.notes()).isEmptyDirectory();
    replacement.bringIn();
    replacement.settle();
    assertThat(lab.notes()).isEmptyDirectory();

    Files.writeString(lab.notes().resolve(NAME + ".updating"), "plugin=" + NAME);
    restart();

    assertThat(lab.bundles().toFile().list()).containsExactly(NAME + "-1.1.0.jar");
    assertThat(lab.notes()).isEmptyDirectory();
  }
}
