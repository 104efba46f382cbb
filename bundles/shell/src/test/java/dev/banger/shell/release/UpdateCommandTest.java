// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.release.ReleaseUpdate.State;
import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeReleases;
import org.junit.jupiter.api.Test;

class UpdateCommandTest {
  private final CommandLab lab = new CommandLab();

  @Test
  void a_dry_run_shows_what_would_change_and_changes_nothing() {
    assertThat(lab.run("update", "/releases/../0.2.0", "--dry-run")).isZero();
    assertThat(lab.out())
        .contains("banger 0.1.0 → 0.2.0")
        .contains("replaced: dev.banger.store 0.1.0 → 0.2.0")
        .contains("kept: conf/logback.xml (changed by hand)")
        .contains("unchanged: 40 files")
        .contains("the daemon starts anew, VMs run on: lib/launcher.jar cannot be exchanged");
    assertThat(lab.releases.calls).containsExactly("examine /0.2.0");
  }

  @Test
  void asks_nobody_without_a_terminal_and_updates_to_what_was_shown() {
    assertThat(lab.run("update", "/0.2.0")).isEqualTo(2);
    assertThat(lab.releases.calls).isEmpty();
    assertThat(lab.run("update", "/0.2.0", "--yes", "--restart")).isEqualTo(75);
    assertThat(lab.err()).contains("replaced: lib/launcher.jar");
    assertThat(lab.releases.calls)
        .containsExactly("examine /0.2.0", "update /0.2.0 " + FakeReleases.DIGEST + " restart");
  }

  @Test
  void an_address_needs_its_digest() {
    assertThatThrownBy(() -> lab.run("update", "https://example.org/a.tar.gz", "--yes"))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("--sha256");
    assertThat(lab.releases.calls).isEmpty();
  }

  @Test
  void waiting_goes_on_until_it_has_ended() {
    assertThat(lab.run("update", "--wait")).isEqualTo(75);
    lab.releases.outcome = State.DONE;
    assertThat(lab.run("update", "--wait")).isZero();
    assertThat(lab.out()).isEqualTo("banger 0.1.0 → 0.2.0 in 250 ms\n");
    lab.releases.outcome = State.REVERTED;
    assertThatThrownBy(() -> lab.run("update", "--wait"))
        .hasMessageContaining("0.2.0 was given up: it does not start; all of 0.1.0 is at work");
    assertThat(lab.run("update", "--wait", "--json")).isEqualTo(1);
  }

  @Test
  void the_status_is_told_whatever_it_is() {
    assertThat(lab.run("update", "--status")).isZero();
    assertThat(lab.out()).contains("goes on: the daemon stops");
    lab.releases.outcome = State.REVERTED;
    assertThat(lab.run("update", "--status")).isZero();
    assertThat(lab.out()).contains("was given up");
    assertThat(lab.run("update")).isEqualTo(2);
    assertThat(lab.run("update", "/0.2.0", "--status")).isEqualTo(2);
  }
}
