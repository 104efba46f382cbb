// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The rows {@code auth-sync} of {@code banger doctor}: what guests get, and what is wrong. */
final class AuthSyncReport {
  private static final String ROW = "auth-sync";

  private final PublicKeyFiles keyFiles;
  private final boolean gitIdentity;
  private final Supplier<HostAgent> agent;
  private final AgentRelays relays;
  private final HostCommands host;
  private final List<String> given = new ArrayList<>();
  private final List<Finding> problems = new ArrayList<>();

  AuthSyncReport(
      PublicKeyFiles keyFiles,
      boolean gitIdentity,
      Supplier<HostAgent> agent,
      AgentRelays relays,
      HostCommands host) {
    this.keyFiles = keyFiles;
    this.gitIdentity = gitIdentity;
    this.agent = agent;
    this.relays = relays;
    this.host = host;
  }

  List<Finding> findings(Operation operation) {
    if (keyFiles.chosen()) {
      look(() -> "public keys: " + keyFiles.read().size());
    }
    if (gitIdentity) {
      look(() -> "the git identity " + GitIdentity.ofHost(host, operation));
    }
    if (agent != null) {
      look(() -> "the ssh agent " + reached(agent.get()).socket());
    }
    for (String problem : relays.problems()) {
      problems.add(Finding.warn(ROW, problem, "until then programs there find no ssh agent"));
    }
    if (problems.isEmpty()) {
      String what = given.isEmpty() ? "nothing, as nothing is chosen" : String.join("; ", given);
      return List.of(Finding.pass(ROW, "guests get " + what));
    }
    return problems;
  }

  /** It may come later: that keeps nothing from starting. */
  private HostAgent reached(HostAgent known) {
    try (SocketChannel channel = known.connect()) {
      return known;
    } catch (IOException e) {
      problems.add(
          Finding.warn(
              ROW,
              "the ssh agent %s does not answer: %s".formatted(known.socket(), e.getMessage()),
              "start it, or name its socket with sshAgentSocket of " + AuthSync.PID));
      return known;
    }
  }

  private void look(Supplier<String> part) {
    try {
      given.add(part.get());
    } catch (BangerException e) {
      problems.add(
          Finding.fail(
              ROW, e.getMessage(), "until then no VM starts without --label auth-sync=off"));
    }
  }
}
