// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginProblem.Kind;
import dev.banger.plugin.PluginState;
import dev.banger.plugin.PluginUpdate.State;
import dev.banger.shell.CommandLab;
import dev.banger.shell.FakePlugins;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PluginCommandsTest {
  private final CommandLab lab = new CommandLab();

  @BeforeEach
  void plugins() {
    lab.plugins.all.add(
        FakePlugins.plugin("org.example.greeting", PluginState.WAITING, false, "it failed"));
    lab.plugins.all.add(FakePlugins.plugin("dev.banger.store", PluginState.ACTIVE, true, null));
  }

  @Test
  void list_shows_those_that_were_added_and_with_all_bangers_own() {
    assertThat(lab.run("plugin", "list")).isZero();
    assertThat(lab.out())
        .contains("org.example.greeting  1.0.0")
        .contains("waits for something, a newer one was given up")
        .doesNotContain("dev.banger.store");
    assertThat(lab.run("plugin", "ls", "--all")).isZero();
    assertThat(lab.out()).containsPattern("dev.banger.store +1.0.0 +active +doctor check");
  }

  @Test
  void list_names_files_that_are_no_plugins_beside_what_it_prints() {
    lab.plugins.refused.add(
        new PluginProblem(Kind.FILE, "mine.jar", "/b/mine.jar is no bundle: zip\nEND"));
    assertThat(lab.run("plugin", "list")).isZero();
    assertThat(lab.out()).doesNotContain("mine.jar");
    assertThat(lab.err()).contains("banger: /b/mine.jar is no bundle: zip").hasLineCount(1);
    assertThat(lab.run("plugin", "list", "--json")).isZero();
    assertThat(lab.err()).hasLineCount(2);
  }

  @Test
  void install_asks_nobody_without_a_terminal_and_installs_what_was_shown() {
    assertThat(lab.run("plugin", "install", "greeting.jar")).isEqualTo(2);
    assertThat(lab.plugins.calls).isEmpty();
    assertThat(lab.run("plugin", "install", "/jars/../greeting.jar", "--yes")).isZero();
    assertThat(lab.err()).contains(FakePlugins.DIGEST).contains("not signed");
    assertThat(lab.out()).isEqualTo("org.example.greeting\n");
    assertThat(lab.plugins.calls)
        .containsExactly("examine /greeting.jar", "install /greeting.jar " + FakePlugins.DIGEST);
  }

  @Test
  void an_address_needs_its_digest() {
    assertThatThrownBy(() -> lab.run("plugin", "install", "https://example.org/a.jar", "--yes"))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("--sha256");
    assertThat(lab.run("plugin", "update", "greeting", "--sha256", FakePlugins.DIGEST))
        .isEqualTo(2);
    assertThat(lab.plugins.calls).isEmpty();
  }

  @Test
  void update_tells_what_has_become_of_it() {
    assertThat(lab.run("plugin", "update", "greeting")).isZero();
    assertThat(lab.out()).isEqualTo("greeting 1.0.0 → 1.1.0 in 250 ms\n");
    assertThat(lab.plugins.calls).containsExactly("update greeting its own jar");
    lab.plugins.outcome = State.RUNNING;
    assertThat(lab.run("plugin", "update", "runtime", "/runtime.jar")).isZero();
    assertThat(lab.err()).contains("banger plugin wait runtime");
  }

  @Test
  void wait_fails_when_the_update_was_given_up() {
    assertThat(lab.run("plugin", "wait", "runtime")).isZero();
    lab.plugins.outcome = State.REVERTED;
    assertThatThrownBy(() -> lab.run("plugin", "wait", "runtime"))
        .hasMessageContaining("it does not start");
    assertThat(lab.run("plugin", "wait", "runtime", "--json")).isEqualTo(1);
  }

  @Test
  void why_says_satisfied_or_what_is_missing() {
    assertThat(lab.run("plugin", "why", "store")).isZero();
    assertThat(lab.out()).isEqualTo("satisfied\n");
    lab.plugins.problems.add(new PluginProblem(Kind.REFERENCE, "Check", "it waits"));
    assertThat(lab.run("plugin", "why", "store", "--json")).isZero();
    assertThat(lab.out()).contains("\"it waits\"");
  }

  @Test
  void info_shows_jar_services_and_requirements() {
    assertThat(lab.run("plugin", "info", "greeting")).isZero();
    assertThat(lab.out())
        .containsPattern("vendor: +somebody")
        .containsPattern("signer: +not signed")
        .contains("services:\n  a.Service\n", "requires:\n  package a.b\n");
  }

  @Test
  void remove_names_the_machines_that_owe_a_clean_up() {
    assertThat(lab.run("plugin", "rm", "greeting")).isZero();
    assertThat(lab.err()).isEmpty();
    lab.plugins.owing = List.of("web", "db");
    assertThat(lab.run("plugin", "remove", "greeting")).isZero();
    assertThat(lab.err()).contains("owed for web, db");
    assertThat(lab.out()).isEqualTo("greeting\ngreeting\n");
  }
}
