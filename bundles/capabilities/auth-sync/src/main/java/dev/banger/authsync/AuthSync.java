// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.capability.CapabilityTarget;
import dev.banger.capability.Cleanup;
import dev.banger.capability.PostStart;
import dev.banger.capability.StartPrerequisites;
import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestService;
import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Gives guests what their owner chose of the own keys and identity. All of it lies below /run of
 * the guest, besides two lines that lead there: nothing outlives the run. A change of the
 * configuration replaces this service, so that running machines lose what the old one gave and get
 * what the new one gives.
 */
@Component(configurationPid = AuthSync.PID)
@CapabilityTarget("(!(label.auth-sync=off))")
@Designate(ocd = AuthSyncConfiguration.class)
public final class AuthSync implements StartPrerequisites, PostStart, Cleanup, DoctorCheck {
  /** Without the dash of the capability: FileInstall takes what stands before one for a factory. */
  static final String PID = "dev.banger.authsync";

  private static final String NAME = "auth-sync";

  private final PublicKeyFiles keyFiles;
  private final boolean gitIdentity;
  private final Supplier<HostAgent> agent;
  private final HostCommands host;
  private final AgentRelays relays;
  private final GuestScript script;

  @Activate
  public AuthSync(
      AuthSyncConfiguration configuration,
      @Reference GuestService guests,
      @Reference HostCommands host,
      @Reference BangerDirectories directories)
      throws IOException {
    this(
        new PublicKeyFiles(
            configuration.publicKeys(),
            Path.of(System.getProperty("user.home")),
            Files.getOwner(directories.state())),
        configuration.gitIdentity(),
        configuration.sshAgent()
            ? () -> HostAgent.of(configuration.sshAgentSocket(), System.getenv("SSH_AUTH_SOCK"))
            : null,
        guests,
        host);
  }

  /**
   * @param agent null when it is not chosen; fails when it is not known
   */
  AuthSync(
      PublicKeyFiles keyFiles,
      boolean gitIdentity,
      Supplier<HostAgent> agent,
      GuestService guests,
      HostCommands host) {
    this.keyFiles = keyFiles;
    this.gitIdentity = gitIdentity;
    this.agent = agent;
    this.host = host;
    this.script = new GuestScript(guests);
    this.relays = new AgentRelays(guests);
  }

  /** Guests keep what they have; what goes through this daemon ends with it. */
  @Deactivate
  void deactivate() {
    relays.close();
  }

  @Override
  public String capability() {
    return NAME;
  }

  @Override
  public void checkStart(Vm vm, Operation operation) {
    chosen(operation);
  }

  @Override
  public void started(Vm vm, boolean late, Operation operation) {
    Chosen chosen = chosen(operation);
    if (chosen.nothing()) {
      // A daemon with another configuration may have given something.
      takeAway(vm, operation);
    } else {
      give(vm, chosen, operation);
    }
  }

  @Override
  public void cleanUp(Vm vm, Operation operation) {
    takeAway(vm, operation);
  }

  /** What was chosen: empty where nothing was. */
  private record Chosen(List<PublicKey> keys, GitIdentity identity, HostAgent agent) {
    boolean nothing() {
      return keys.isEmpty() && identity == null && agent == null;
    }
  }

  private Chosen chosen(Operation operation) {
    return new Chosen(
        keyFiles.read(),
        gitIdentity ? GitIdentity.ofHost(host, operation) : null,
        agent == null ? null : agent.get());
  }

  private void give(Vm vm, Chosen chosen, Operation operation) {
    // First: what a daemon that dies now has begun is found by the next one.
    boolean again = GivenMark.of(vm).set();
    if (again || !chosen.keys.isEmpty()) {
      script.give(vm, GuestScript.Part.KEYS, lines(chosen.keys), operation);
    }
    if (again || chosen.identity != null) {
      script.give(vm, GuestScript.Part.GIT, configuration(chosen.identity), operation);
    }
    if (again || chosen.agent != null) {
      script.give(vm, GuestScript.Part.AGENT, chosen.agent == null ? "" : "chosen", operation);
    }
    if (chosen.agent != null) {
      relays.begin(vm, chosen.agent, operation);
    }
  }

  private static String lines(List<PublicKey> keys) {
    return keys.stream().map(PublicKey::line).collect(Collectors.joining("\n"));
  }

  private static String configuration(GitIdentity identity) {
    return identity == null ? "" : identity.configuration();
  }

  /** A guest that was given nothing is not troubled; one that is gone took all with it. */
  private void takeAway(Vm vm, Operation operation) {
    relays.end(vm.id());
    GivenMark mark = GivenMark.of(vm);
    if (!mark.isSet()) {
      return;
    }
    try {
      script.give(vm, GuestScript.Part.ALL, "", operation);
    } catch (BangerException e) {
      if (e.code() != ErrorCode.NOT_RUNNING && e.code() != ErrorCode.NOT_FOUND) {
        throw e;
      }
    }
    mark.clear();
  }

  @Override
  public List<Finding> examine(Operation operation) {
    return new AuthSyncReport(keyFiles, gitIdentity, agent, relays, host).findings(operation);
  }
}
