// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to the agent of each machine that is talked to, made again when it breaks: a
 * hypervisor serves no second one. The connections outlive the update of this bundle.
 */
@Component(service = AgentConnections.class)
public final class AgentConnections {
  private static final Logger LOG = LoggerFactory.getLogger(AgentConnections.class);

  /** A guest that runs answers within milliseconds, an emulated one under load within seconds. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

  /** While a guest boots: a connection on which nothing comes for so long is made again. */
  private static final Duration BOOT_ATTEMPT = Duration.ofSeconds(30);

  /** After so much silence it is asked whether it is still the guest that was greeted. */
  private static final Duration LONG_SILENCE = Duration.ofSeconds(5);

  private static final Duration RETRY_PAUSE = Duration.ofMillis(20);

  private final Hypervisors hypervisors;
  private final AgentHandover handover;
  private final BooleanSupplier replaced;
  private volatile boolean left;
  private final KeyedLocks opening = new KeyedLocks();
  private final ConcurrentMap<String, AgentConnection> connections = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, MachineHandle> starting = new ConcurrentHashMap<>();

  @Activate
  public AgentConnections(BundleContext context, @Reference Hypervisors hypervisors) {
    this(
        hypervisors,
        AgentHandover.of(context),
        () -> context.getBundle(0).getState() != Bundle.STOPPING);
  }

  /**
   * With what a predecessor has left.
   *
   * @param replaced whether a successor may come when it is closed
   */
  AgentConnections(Hypervisors hypervisors, AgentHandover handover, BooleanSupplier replaced) {
    this.hypervisors = hypervisors;
    this.handover = handover;
    this.replaced = replaced;
    handover.takeAll(connections::put);
  }

  /** The connection to a machine's agent, which answers. */
  AgentConnection connect(Vm vm, MachineHandle handle, Operation operation) {
    try (KeyedLocks.Held held = opening.acquire(vm.id(), operation)) {
      requireOwn();
      AgentConnection present = connections.get(vm.id());
      if (present != null && answers(present, operation)) {
        return present;
      }
      if (present != null) {
        present.close();
      }
      return open(vm, handle, operation, ANSWER_LIMIT);
    }
  }

  /**
   * Waits for the agent of a machine that has just been started.
   *
   * @throws BangerException NOT_RUNNING as soon as the VMM has died
   */
  AgentConnection awaitBoot(Vm vm, MachineHandle handle, Operation operation) {
    starting.put(vm.id(), handle);
    Hypervisor hypervisor = hypervisors.require(handle.hypervisor(), operation);
    try (KeyedLocks.Held held = opening.acquire(vm.id(), operation)) {
      while (true) {
        operation.check();
        requireOwn();
        if (!hypervisor.alive(handle)) {
          throw new BangerException(
              ErrorCode.NOT_RUNNING,
              "the machine " + vm.name() + " ended before its agent answered");
        }
        try {
          return open(vm, handle, operation, BOOT_ATTEMPT);
        } catch (BangerException e) {
          LOG.debug("the agent of {} does not answer yet: {}", vm.name(), e.getMessage());
        }
        operation.pause(RETRY_PAUSE);
      }
    }
  }

  /** Whether the agent of a machine does anything for anybody. */
  boolean serves(String vmId) {
    AgentConnection connection = connections.get(vmId);
    return connection != null && connection.isOpen() && connection.isUsed();
  }

  /** The handle of a machine that is being started and whose record does not say so yet. */
  Optional<MachineHandle> starting(String vmId) {
    return Optional.ofNullable(starting.get(vmId));
  }

  /** The record of the machine says that it runs. */
  void started(String vmId) {
    starting.remove(vmId);
  }

  /** Closes what there is with a machine: it has ended. */
  void forget(String vmId) {
    starting.remove(vmId);
    AgentConnection connection = connections.remove(vmId);
    if (connection != null) {
      connection.close();
    }
  }

  /** Leaves the connections to a successor when there may be one. */
  @Deactivate
  void close() {
    left = true;
    if (replaced.getAsBoolean()) {
      connections.forEach(handover::leave);
      connections.clear();
    } else {
      List.copyOf(connections.keySet()).forEach(this::forget);
    }
  }

  /** A machine has one connection: whoever asks too late asks the successor. */
  private void requireOwn() {
    if (left) {
      throw new BangerException(
          ErrorCode.UPDATING, "the guest service is being updated or stopped: try again");
    }
  }

  private AgentConnection open(Vm vm, MachineHandle handle, Operation operation, Duration limit) {
    Operation bounded = operation.within(limit);
    try {
      ByteChannel channel =
          hypervisors.require(handle.hypervisor(), bounded).openAgent(handle, bounded);
      AgentConnection connection = AgentConnection.open(vm.name(), channel, bounded);
      connections.put(vm.id(), connection);
      if (left) {
        forget(vm.id());
        requireOwn();
      }
      return connection;
    } catch (BangerException e) {
      operation.check();
      if (e.code() == ErrorCode.DEADLINE_EXCEEDED) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED,
            "the guest of %s did not answer within %d s; `banger vm logs %s` shows its console"
                .formatted(vm.name(), limit.toSeconds(), vm.name()),
            e);
      }
      throw e;
    }
  }

  private boolean answers(AgentConnection connection, Operation operation) {
    if (!connection.isOpen()) {
      return false;
    }
    if (connection.silence().compareTo(LONG_SILENCE) < 0) {
      return true;
    }
    if (connection.isOutlived()) {
      return false;
    }
    try {
      connection.ask(AgentProtocol.PING, new byte[0], operation.within(ANSWER_LIMIT));
      return true;
    } catch (BangerException e) {
      operation.check();
      LOG.info("the connection to a guest is made again: {}", e.getMessage());
      return false;
    }
  }
}
