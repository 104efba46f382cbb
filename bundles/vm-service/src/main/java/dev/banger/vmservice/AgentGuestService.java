// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestService;
import dev.banger.guest.GuestStatistics;
import dev.banger.guest.Listener;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.store.VmStore;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import dev.banger.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Serves guests through the agent that runs in each of them (docs/guest-agent.md). */
@Component
public final class AgentGuestService implements GuestService {
  /** For requests that the agent answers by itself. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

  /** An emulated guest writes the tables of a terabyte within this. */
  private static final Duration GROWTH_LIMIT = Duration.ofMinutes(5);

  private final VmStore store;
  private final Hypervisors hypervisors;
  private final AgentConnections connections;
  private final Handles handles;
  private final SshAccess ssh;

  @Activate
  public AgentGuestService(
      @Reference VmStore store,
      @Reference Hypervisors hypervisors,
      @Reference AgentConnections connections,
      @Reference Json json,
      @Reference SshIdentity identity,
      @Reference KnownHosts knownHosts) {
    this.store = store;
    this.hypervisors = hypervisors;
    this.connections = connections;
    this.handles = new Handles(json);
    this.ssh = new SshAccess(identity, knownHosts);
  }

  @Override
  public Duration ping(String reference, Operation operation) {
    AgentConnection connection = connect(reference, operation);
    long begin = System.nanoTime();
    connection.ask(AgentProtocol.PING, new byte[0], operation.within(ANSWER_LIMIT));
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  @Override
  public String bootId(String reference, Operation operation) {
    return connect(reference, operation).guest().bootId();
  }

  @Override
  public int exec(String reference, ExecRequest request, ExecStreams streams, Operation operation) {
    byte[] payload = GuestRequests.exec(request);
    return new GuestCommand(
            connect(reference, operation),
            AgentProtocol.EXEC,
            payload,
            "") // the agent names the program itself
        .inBackground(request.background())
        .run(streams, operation);
  }

  @Override
  public void put(String reference, String directory, InputStream tar, Operation operation) {
    byte[] payload = GuestRequests.paths(List.of(directory));
    TransferStreams streams = TransferStreams.into(tar);
    int status =
        new GuestCommand(
                connect(reference, operation),
                AgentProtocol.PUT,
                payload,
                "cannot write to " + directory + ": ")
            .run(streams, operation);
    check(status, streams, "unpacking to " + directory + " failed");
    try {
      // What follows the end mark of an archive is padding, which its writer waits to get rid of.
      tar.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "cannot read the archive: " + e.getMessage(), e);
    }
  }

  @Override
  public void get(String reference, List<String> paths, OutputStream tar, Operation operation) {
    byte[] payload = GuestRequests.paths(paths);
    TransferStreams streams = TransferStreams.outOf(tar);
    int status =
        new GuestCommand(
                connect(reference, operation),
                AgentProtocol.GET,
                payload,
                "cannot read " + String.join(", ", paths) + ": ")
            .run(streams, operation);
    check(status, streams, "reading " + String.join(", ", paths) + " failed");
  }

  @Override
  public List<Listener> listeners(String reference, Operation operation) {
    byte[] answer =
        connect(reference, operation)
            .ask(AgentProtocol.PORTS, new byte[0], operation.within(ANSWER_LIMIT));
    return GuestRequests.listeners(answer);
  }

  @Override
  public void configure(String reference, GuestConfig config, Operation operation) {
    List<byte[]> requests = GuestRequests.configure(config);
    AgentConnection connection = connect(reference, operation);
    for (byte[] request : requests) {
      connection.ask(AgentProtocol.CONFIGURE, request, operation.within(ANSWER_LIMIT));
    }
  }

  @Override
  public long grow(String reference, String path, Operation operation) {
    byte[] request = GuestRequests.paths(List.of(path));
    return GuestRequests.size(
        connect(reference, operation)
            .ask(AgentProtocol.GROW, request, operation.within(GROWTH_LIMIT)));
  }

  @Override
  public GuestStatistics statistics(String reference, Operation operation) {
    return GuestStatisticsReply.parse(
        connect(reference, operation)
            .ask(AgentProtocol.STATISTICS, new byte[0], operation.within(ANSWER_LIMIT)));
  }

  @Override
  public void awaitSsh(String reference, Operation operation) {
    Vm vm = VmReferences.resolve(store.list(), reference);
    MachineHandle unused = handle(vm, operation);
    ssh.await(vm, operation);
  }

  @Override
  public List<String> sshCommand(String reference, List<String> arguments) {
    Vm vm = VmReferences.resolve(store.list(), reference);
    MachineHandle unused = handle(vm, Operation.background());
    return ssh.command(vm, arguments);
  }

  private AgentConnection connect(String reference, Operation operation) {
    operation.check();
    Vm vm = VmReferences.resolve(store.list(), reference);
    return connections.connect(vm, handle(vm, operation), operation);
  }

  /** The VMM of a machine that runs, or that answers although its start is not finished yet. */
  private MachineHandle handle(Vm vm, Operation operation) {
    Predicate<MachineHandle> alive = each -> hypervisors.alive(each, operation);
    return connections
        .starting(vm.id())
        .filter(alive)
        .or(
            () ->
                // Read again: a start that was under way a moment ago may have ended meanwhile.
                store
                    .findById(vm.id())
                    .filter(now -> now.state() == VmState.RUNNING)
                    .flatMap(now -> handles.findAlive(now, alive)))
        .orElseThrow(
            () ->
                new BangerException(
                    ErrorCode.NOT_RUNNING,
                    "vm \"%s\" is not running; start it with: banger vm start %s"
                        .formatted(vm.name(), vm.name())));
  }

  private static void check(int status, TransferStreams streams, String what) {
    if (status != 0) {
      String reason = streams.messages().isEmpty() ? "status " + status : streams.messages();
      throw new BangerException(ErrorCode.OPERATION_FAILED, what + ": " + reason);
    }
  }
}
