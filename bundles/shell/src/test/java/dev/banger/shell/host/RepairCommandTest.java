// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeStoreRepair;
import dev.banger.shell.TestJson;
import dev.banger.store.StoreDiagnosis.Condition;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepairCommandTest {
  private final CommandLab lab = new CommandLab();

  @Test
  void says_that_a_sound_database_needs_nothing_and_leaves_it_and_the_daemon_alone() {
    assertThat(lab.run("daemon", "repair", "--yes")).isZero();
    assertThat(lab.out()).containsPattern("condition: +sound\n");
    assertThat(lab.err()).isEqualTo("there is nothing to repair\n");
    assertThat(lab.store.calls).containsExactly("examine null");
    assertThat(lab.daemonCalls).isEmpty();
  }

  @Test
  void repairs_with_consent_tells_what_of_and_how_to_go_on() {
    lab.store.damage();
    assertThat(lab.run("daemon", "repair", "--yes")).isZero();
    assertThat(lab.err())
        .containsPattern("condition: +damaged\ndetail: +row 4 is missing\n")
        .contains("1 VM, 2 images and 30 events of banger.db (not 4 more); 1 VM, 0 images")
        .containsPattern("/state/banger.db.before-3 +2026-01-02T03:04:05Z +2 +1")
        .containsPattern("/state/banger.db.before-2 .*no database\n");
    assertThat(lab.out())
        .isEqualTo("the database was repaired; the damaged one is /state/banger.db.damaged-1\n");
    assertThat(lab.err()).contains("Run 'banger daemon stop' once");
    assertThat(lab.store.calls).containsExactly("examine null", "repair null");
    assertThat(lab.daemonCalls).isEmpty();
  }

  @Test
  void without_a_terminal_and_consent_nothing_is_done() {
    lab.store.damage();
    assertThat(lab.run("daemon", "repair")).isEqualTo(2);
    assertThat(lab.err()).contains("'banger daemon repair --yes' goes on unasked");
    assertThat(lab.store.calls).containsExactly("examine null");
    assertThat(lab.daemonCalls).isEmpty();
  }

  @Test
  void only_shows_what_it_would_do_when_asked_to() {
    lab.store.damage();
    assertThat(lab.run("daemon", "repair", "--dry-run")).isZero();
    assertThat(lab.out()).contains("row 4 is missing");
    assertThat(lab.store.calls).containsExactly("examine null");
  }

  @Test
  void takes_a_copy_by_name_and_reports_as_json() {
    lab.store.damage();
    assertThat(lab.run("daemon", "repair", "--yes", "--json", "--from", "/a/copy")).isZero();
    assertThat(lab.store.calls).containsExactly("examine /a/copy", "repair /a/copy");
    assertThat(TestJson.tree(lab.out()).get("repaired").asBoolean()).isTrue();
    assertThat(TestJson.tree(lab.out()).get("kept").asText()).contains("damaged-1");
    assertThat(TestJson.tree(lab.out()).get("sources").get(0).get("machines").asInt()).isEqualTo(1);
  }

  @Test
  void fails_where_only_another_release_helps() {
    lab.store.found = FakeStoreRepair.of(Condition.NEWER, "install 9.9 again", false, List.of());
    assertThat(lab.run("daemon", "repair", "--yes")).isEqualTo(1);
    assertThat(lab.out()).contains("install 9.9 again");
    assertThat(lab.daemonCalls).isEmpty();
  }
}
