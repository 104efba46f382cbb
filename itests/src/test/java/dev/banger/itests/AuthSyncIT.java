// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest that is given its owner's key, git identity and ssh agent while it runs. */
@Timeout(600)
class AuthSyncIT {
  private static final Path SSH_ADD = Path.of("/usr/bin/ssh-add");
  private static final Path SSH_KEYGEN = Path.of("/usr/bin/ssh-keygen");
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String PID = "dev.banger.authsync";

  @TempDir static Path directory;
  private static Path bundle;
  private static Path agentSocket;
  private static Running agent;
  private static Installation banger;

  @BeforeAll
  static void install() throws IOException {
    assumeTrue(Files.isExecutable(BusyboxImage.BUSYBOX), "busybox-static is not installed");
    assumeTrue(Files.isExecutable(SSH_ADD), "openssh-client is not installed");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/git")), "git is not installed");
    Path distribution = directory.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, distribution);
    bundle = distribution.resolve("bundles/auth-sync.jar");
    Files.move(distribution.resolve("system/6/auth-sync.jar"), bundle);
    Files.writeString(
        directory.resolve("gitconfig"), "[user]\n\tname = Jo Doe\n\temail = jo@example.org\n");
    agentSocket = directory.resolve("agent.sock");
    banger =
        new Installation(
            Installation.temporaryHome(),
            distribution,
            Map.of(
                "SSH_AUTH_SOCK",
                agentSocket.toString(),
                "GIT_CONFIG_GLOBAL",
                directory.resolve("gitconfig").toString()));
    startAgent();
    Path image = BusyboxImage.archive(directory, List.of(SSH_ADD, SSH_KEYGEN));
    banger.succeed("image", "import", image.toString(), "--name", "tiny");
  }

  private static void startAgent() {
    host("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "jo@laptop", "-f", file("id"));
    agent = Running.start(List.of("ssh-agent", "-D", "-a", agentSocket.toString()), directory);
    Installation.await("the ssh agent", LIMIT, () -> Files.exists(agentSocket));
    host("ssh-add", "-q", file("id"));
  }

  @AfterAll
  static void uninstall() {
    if (banger != null) {
      banger.close();
    }
    if (agent != null) {
      agent.process().destroy();
    }
  }

  @Test
  void a_running_guest_gets_what_is_chosen_and_loses_it_again() throws IOException {
    banger.succeed("vm", "create", "--image", "tiny", "--memory", "192M", "--name", "web");
    String boot = guest("cat /proc/sys/kernel/random/boot_id");
    String own = guest("cat /run/banger/ssh/authorized_keys");
    assertNothingGiven(own);
    assertThat(banger.banger("doctor").stdout()).contains("guests get nothing");

    banger.configure(
        PID, "publicKeys = " + file("id.pub"), "gitIdentity = true", "sshAgent = true");
    awaitAgent();
    String key = Files.readString(directory.resolve("id.pub"));
    assertThat(guest("cat /run/banger/ssh/authorized_keys")).startsWith(own).contains(key);
    assertThat(guest("cat /etc/gitconfig")).contains("path = /run/banger/auth-sync/gitconfig");
    assertThat(guest("cat /run/banger/auth-sync/gitconfig"))
        .contains("name = \"Jo Doe\"", "email = \"jo@example.org\"");
    assertThat(banger.banger("doctor").stdout()).contains("public keys: 1", "Jo Doe", "agent.sock");
    assertThat(sshWithKey().status()).isZero();
    banger.succeed("vm", "ssh", "web", "--", "true");
    assertGuestSigns(key);
    // The guest can use the agent and cannot change it.
    assertThat(banger.banger("vm", "exec", "web", "--", "ssh-add", "-D").status()).isNotZero();
    assertThat(host("ssh-add", "-l")).contains("jo@laptop");

    banger.killDaemon();
    awaitAgent();

    banger.succeed("vm", "set", "web", "--label", "auth-sync=off");
    assertNothingGiven(own);
    banger.succeed("vm", "set", "web", "--remove-label", "auth-sync");
    awaitAgent();
    assertThat(sshWithKey().status()).isZero();

    assertThatAPrivateKeyIsRefused();
    banger.configure(
        PID, "publicKeys = " + file("id.pub"), "gitIdentity = true", "sshAgent = true");
    awaitAgent();
    Files.delete(bundle);
    Installation.await("the clean-up", LIMIT, () -> !record().contains("auth-sync"));
    assertNothingGiven(own);
    assertThat(sshWithKey().status()).isEqualTo(255);
    banger.succeed("vm", "ssh", "web", "--", "true");
    assertThat(guest("cat /proc/sys/kernel/random/boot_id")).isEqualTo(boot);
    banger.succeed("vm", "delete", "web");
    banger.assertNoMachineLeft();
  }

  private static void assertNothingGiven(String own) {
    assertThat(guest("cat /run/banger/ssh/authorized_keys")).isEqualTo(own);
    assertThat(
            guest(
                "echo [$SSH_AUTH_SOCK]; cat /run/banger/auth-sync/* /etc/gitconfig /root/.gitconfig"
                    + " 2> /dev/null || true"))
        .isEqualTo("[]\n");
  }

  private static void assertThatAPrivateKeyIsRefused() {
    banger.configure(PID, "publicKeys = " + file("id"));
    Installation.await(
        "the refusal", LIMIT, () -> banger.banger("doctor").stdout().contains("is a private key"));
    Outcome refused =
        banger.banger("vm", "create", "--image", "tiny", "--memory", "192M", "--name", "second");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.stderr()).contains("is a private key", ".pub", "auth-sync");
    banger.succeed("vm", "delete", "second");
  }

  private static void assertGuestSigns(String key) throws IOException {
    put("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    put("/tmp/id.pub", key);
    Outcome signature =
        banger.bangerReading(
            "a message",
            "vm",
            "exec",
            "web",
            "--",
            "ssh-keygen",
            "-Y",
            "sign",
            "-n",
            "test",
            "-f",
            "/tmp/id.pub");
    assertThat(signature.status()).as("%s", signature).isZero();
    Files.writeString(directory.resolve("signature"), signature.stdout());
    Running check =
        Running.start(
            List.of("ssh-keygen", "-Y", "check-novalidate", "-n", "test", "-s", file("signature")),
            directory);
    check.type("a message");
    check.endInput();
    assertThat(check.await(LIMIT).stdout()).contains("Good \"test\" signature");
  }

  private static void put(String path, String text) {
    assertThat(banger.bangerReading(text, "vm", "exec", "web", "--", "tee", path).status())
        .isZero();
  }

  /** What a shell in the guest says. */
  private static String guest(String script) {
    return banger.succeed("vm", "exec", "web", "--", "sh", "-c", script);
  }

  private static void awaitAgent() {
    Installation.await(
        "the agent in the guest",
        LIMIT,
        () ->
            banger
                .banger("vm", "exec", "web", "--", "ssh-add", "-l")
                .stdout()
                .contains("jo@laptop"));
  }

  private static String record() {
    return banger.succeed("vm", "show", "web");
  }

  private static Outcome sshWithKey() {
    List<String> argv = new ArrayList<>(List.of("ssh", "-F", "none", "-i", file("id")));
    for (String option :
        List.of(
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "BatchMode=yes",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null")) {
      argv.addAll(List.of("-o", option));
    }
    int port = banger.json("vm", "show", "web").at("/network/ssh_port").asInt();
    argv.addAll(List.of("-p", Integer.toString(port), "root@127.0.0.1", "true"));
    return Running.start(argv, directory).await(LIMIT);
  }

  /** What a command of this host says, which must succeed. */
  private static String host(String... argv) {
    Outcome outcome =
        Running.start(
                List.of(argv), directory, Map.of("SSH_AUTH_SOCK", String.valueOf(agentSocket)))
            .await(LIMIT);
    assertThat(outcome.status()).as("%s", outcome).isZero();
    return outcome.stdout();
  }

  private static String file(String name) {
    return directory.resolve(name).toString();
  }
}
