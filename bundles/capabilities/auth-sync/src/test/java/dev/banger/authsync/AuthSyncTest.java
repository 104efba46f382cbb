// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmFiles;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthSyncTest {
  private static final Operation OPERATION = Operation.background();
  private static final String KEY = PublicKeyFilesTest.ED25519 + " jo@laptop";

  @TempDir private Path home;
  private final FakeGuests guests = new FakeGuests();
  private final FakeGit git = new FakeGit();
  private Vm web;

  @BeforeEach
  void make_files() throws IOException {
    Files.writeString(home.resolve("id.pub"), KEY + "\n");
    web = vm(Files.createDirectory(home.resolve("web")));
  }

  @Test
  void a_guest_gets_nothing_unless_something_is_chosen() {
    AuthSync authSync = authSync(false);

    authSync.checkStart(web, OPERATION);
    authSync.started(web, false, OPERATION);
    authSync.started(web, true, OPERATION);
    authSync.cleanUp(web, OPERATION);

    assertThat(guests.calls).isEmpty();
    assertThat(findings(authSync))
        .singleElement()
        .isEqualTo(Finding.pass("auth-sync", "guests get nothing, as nothing is chosen"));
  }

  @Test
  void a_guest_gets_what_is_chosen_and_no_more() {
    authSync(false, "~/id.pub").started(web, false, OPERATION);
    assertThat(guests.given).isEqualTo(Map.of("keys", KEY));
  }

  @Test
  void the_git_identity_alone_is_given_when_it_alone_is_chosen() {
    authSync(true).started(web, false, OPERATION);

    assertThat(guests.given)
        .isEqualTo(Map.of("git", "[user]\n\tname = \"Jo Doe\"\n\temail = \"jo@example.org\"\n"));
  }

  @Test
  void what_is_no_longer_chosen_is_taken_away_by_the_daemon_that_follows() {
    authSync(true, "~/id.pub").started(web, false, OPERATION);

    authSync(false, "~/id.pub").started(web, true, OPERATION);
    assertThat(guests.given).isEqualTo(Map.of("keys", KEY, "git", "", "agent", ""));
    authSync(false).started(web, true, OPERATION);
    assertThat(guests.given).isEmpty();
    guests.calls.clear();
    authSync(false).started(web, true, OPERATION);
    assertThat(guests.calls).isEmpty();
  }

  @Test
  void all_is_taken_away_when_the_capability_leaves_and_once_is_enough() {
    AuthSync authSync = authSync(true, "~/id.pub");
    authSync.started(web, false, OPERATION);

    authSync.cleanUp(web, OPERATION);
    assertThat(guests.given).isEmpty();
    guests.calls.clear();
    authSync.cleanUp(web, OPERATION);
    assertThat(guests.calls).isEmpty();
  }

  @Test
  void nothing_is_owed_for_a_guest_that_is_gone_and_all_for_one_that_does_not_answer() {
    AuthSync authSync = authSync(true, "~/id.pub");
    authSync.started(web, false, OPERATION);

    guests.failure = ErrorCode.OPERATION_FAILED;
    assertThatThrownBy(() -> authSync.cleanUp(web, OPERATION)).hasMessage("it fails");
    guests.failure = ErrorCode.NOT_RUNNING;
    authSync.cleanUp(web, OPERATION);
    guests.failure = null;
    guests.calls.clear();
    authSync.cleanUp(web, OPERATION);
    assertThat(guests.calls).isEmpty();

    authSync.cleanUp(vm(home.resolve("deleted")), OPERATION);
    assertThat(guests.calls).isEmpty();
  }

  @Test
  void a_start_is_refused_when_something_chosen_cannot_be_given() throws IOException {
    AuthSync keys = authSync(false, "~/id.pub");
    keys.checkStart(web, OPERATION);
    Files.delete(home.resolve("id.pub"));
    assertThatThrownBy(() -> keys.checkStart(web, OPERATION))
        .hasMessageContainingAll("~/id.pub", "does not exist", AuthSync.PID);

    AuthSync identity = authSync(true);
    identity.checkStart(web, OPERATION);
    git.values.clear();
    assertThatThrownBy(() -> identity.checkStart(web, OPERATION))
        .hasMessageContaining("git config --global user.name");
    assertThat(guests.calls).isEmpty();
  }

  @Test
  void the_guests_words_are_told_in_part_and_without_control_characters() {
    guests.status = 1;
    guests.says = "cannot\u001b[2Jwrite\n" + "x".repeat(100_000);

    assertThatThrownBy(() -> authSync(true).started(web, false, OPERATION))
        .isInstanceOf(BangerException.class)
        .message()
        .contains("cannot [2Jwrite xxx")
        .doesNotContain("\u001b")
        .hasSizeLessThan(2000);
  }

  @Test
  void the_doctor_says_what_guests_get_and_each_thing_that_is_wrong() {
    assertThat(findings(authSync(true, "~/id.pub")))
        .singleElement()
        .isEqualTo(
            Finding.pass(
                "auth-sync",
                "guests get public keys: 1; the git identity Jo Doe <jo@example.org>"));

    git.values.clear();
    assertThat(findings(authSync(true, "~/absent.pub")))
        .hasSize(2)
        .allMatch(finding -> finding.status() == Finding.Status.FAIL)
        .extracting(Finding::detail)
        .satisfiesExactly(
            first -> assertThat(first).contains("~/absent.pub"),
            second -> assertThat(second).contains("user.name"));
  }

  @Test
  void the_ssh_agent_is_relayed_until_the_capability_or_the_machine_goes() throws Exception {
    FakeRelay relay = new FakeRelay();
    guests.relay = relay;
    try (FakeAgent agent = new FakeAgent(home.resolve("agent.sock"))) {
      AuthSync authSync = authSync(false, () -> new HostAgent(agent.socket()));
      authSync.checkStart(web, OPERATION);
      authSync.started(web, false, OPERATION);
      assertThat(guests.given).isEqualTo(Map.of("agent", "chosen"));
      relay.say(1, FakeAgent.LIST);
      assertThat(relay.next().payload()).isEqualTo(FakeAgent.NO_KEYS);
      assertThat(findings(authSync))
          .singleElement()
          .isEqualTo(Finding.pass("auth-sync", "guests get the ssh agent " + agent.socket()));

      authSync.cleanUp(web, OPERATION);
      assertThat(relay.isOver()).isTrue();
      assertThat(guests.given).isEmpty();
      authSync.started(web, true, OPERATION);
      assertThat(relay.isOver()).isFalse();
      authSync.deactivate();
      assertThat(relay.isOver()).isTrue();
    }
  }

  @Test
  void a_guest_of_an_older_version_is_named_with_what_to_do() {
    guests.relay = FakeRelay.ending(2);
    AuthSync authSync = authSync(false, () -> new HostAgent(home.resolve("agent.sock")));

    assertThatThrownBy(() -> authSync.started(web, true, OPERATION))
        .hasMessageContaining("banger vm restart");
    assertThat(findings(authSync))
        .extracting(Finding::status, Finding::detail)
        .satisfiesExactly(
            first -> assertThat(first.toString()).contains("WARN", "does not answer"),
            second -> assertThat(second.toString()).contains("WARN", "\"web\"", "older"));
    authSync.deactivate();
  }

  @Test
  void an_ssh_agent_that_is_not_known_keeps_machines_from_starting() {
    assertThat(HostAgent.of("", "/run/agent").socket()).isEqualTo(Path.of("/run/agent"));
    assertThat(HostAgent.of("/run/mine", null).socket()).isEqualTo(Path.of("/run/mine"));
    assertThatThrownBy(() -> HostAgent.of("agent.sock", "/run/agent"))
        .hasMessageContainingAll("absolute", "sshAgentSocket", AuthSync.PID);
    AuthSync authSync = authSync(false, () -> HostAgent.of("", null));

    assertThatThrownBy(() -> authSync.checkStart(web, OPERATION))
        .hasMessageContainingAll("SSH_AUTH_SOCK", "sshAgentSocket", AuthSync.PID);
    assertThat(findings(authSync))
        .singleElement()
        .satisfies(finding -> assertThat(finding.status()).isEqualTo(Finding.Status.FAIL));
  }

  private static List<Finding> findings(AuthSync authSync) {
    return authSync.examine(OPERATION);
  }

  private AuthSync authSync(boolean gitIdentity, String... keyFiles) {
    return authSync(gitIdentity, null, keyFiles);
  }

  private AuthSync authSync(boolean gitIdentity, Supplier<HostAgent> agent, String... keyFiles) {
    try {
      return new AuthSync(
          new PublicKeyFiles(keyFiles, home, Files.getOwner(home)),
          gitIdentity,
          agent,
          guests,
          git);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static Vm vm(Path directory) {
    return new Vm(
        "web-id",
        "web",
        VmState.RUNNING,
        null,
        "image",
        "image",
        "kernel",
        "fake",
        null,
        new VmFiles(directory, null, null, null, null, null),
        null,
        List.of(),
        null,
        Instant.EPOCH,
        null,
        null,
        null,
        null,
        List.of());
  }
}
