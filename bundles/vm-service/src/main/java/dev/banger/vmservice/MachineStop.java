// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends machines that run: by their guests, or by a signal to their VMMs. */
final class MachineStop {
  private static final Logger LOG = LoggerFactory.getLogger(MachineStop.class);
  private static final Set<String> SIGNALS =
      Set.of("TERM", "KILL", "INT", "HUP", "QUIT", "USR1", "USR2", "ABRT", "STOP", "CONT");
  private static final Set<String> ENDING_SIGNALS = Set.of("TERM", "KILL");

  private final MachineParts parts;
  private final Hypervisors hypervisors;
  private final Reconciliation reconciliation;
  private final PowerOff powerOff;

  MachineStop(MachineParts parts, Hypervisors hypervisors, Reconciliation reconciliation) {
    this.parts = parts;
    this.hypervisors = hypervisors;
    this.reconciliation = reconciliation;
    this.powerOff = new PowerOff(hypervisors, parts.connections());
  }

  /**
   * @throws BangerException BAD_REQUEST for what is no grace
   */
  static void checkGrace(Duration grace) {
    if (grace == null || grace.isNegative()) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "the grace must be zero or more");
    }
  }

  /**
   * @throws BangerException BAD_REQUEST for a signal that machines are not sent
   */
  static void checkSignal(String signal) {
    if (signal == null || !SIGNALS.contains(signal)) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "signal \"%s\" is not one of %s"
              .formatted(signal, String.join(", ", new TreeSet<>(SIGNALS))));
    }
  }

  /** Whether a signal ends a machine for good, whatever its VMM does. */
  static boolean ends(String signal) {
    return ENDING_SIGNALS.contains(signal);
  }

  /** Stops a machine, if it runs; for the holder of its lock. */
  Vm run(Vm vm, Duration grace, InFlight.Work work) {
    if (vm.state() != VmState.RUNNING) {
      return vm;
    }
    Optional<MachineHandle> alive = reconciliation.alive(vm);
    if (alive.isEmpty()) {
      return reconciliation.endDead(vm, work.operation());
    }
    MachineHandle handle = alive.get();
    work.operation().progress().stage("stop", "stopping " + vm.name());
    long begin = System.nanoTime();
    parts.events().tell(Event.STOPPING, vm, work.operation());
    powerOff.run(vm, handle, grace, work);
    String how = hypervisors.alive(handle, work.committed()) ? "forced" : "power_off";
    Vm stopped = reconciliation.end(vm, VmState.STOPPED, null, Operation.background());
    parts
        .events()
        .tell(Event.STOPPED, vm, work.operation(), "how", how, "ms", VmEvents.since(begin));
    return stopped;
  }

  /**
   * Sends a machine's VMM a signal; for the holder of its lock.
   *
   * @throws BangerException NOT_RUNNING
   */
  Vm signal(Vm vm, String signal, Operation operation) {
    MachineHandle handle =
        reconciliation
            .alive(vm)
            .orElseThrow(
                () ->
                    new BangerException(
                        ErrorCode.NOT_RUNNING, "vm \"%s\" is not running".formatted(vm.name())));
    if (!ends(signal)) {
      hypervisors.require(handle.hypervisor(), operation).signal(handle, signal, operation);
      parts.events().tell(Event.SIGNALLED, vm, operation, "signal", signal);
      return vm;
    }
    operation.check();
    FaultPoint.around("kill.intent", Intent.ofStop(vm)::declareIfPossible);
    try {
      hypervisors.require(handle.hypervisor(), operation).signal(handle, signal, operation);
    } catch (BangerException e) {
      // KILL and TERM end the machine whatever its VMM does; teardown makes sure of it.
      LOG.warn("{} cannot be sent {}: {}", vm.name(), signal, e.getMessage());
    }
    Vm killed = reconciliation.end(vm, VmState.STOPPED, null, Operation.background());
    parts.events().tell(Event.STOPPED, vm, operation, "how", "signal", "signal", signal);
    return killed;
  }
}
