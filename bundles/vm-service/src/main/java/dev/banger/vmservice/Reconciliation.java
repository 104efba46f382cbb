// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.vm.Disposable;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes records and the world agree after the daemon, the host or a VMM died: machines that live
 * are kept, what died or was begun and not ended is cleaned up, and what no record owns is removed.
 */
final class Reconciliation {
  private static final Logger LOG = LoggerFactory.getLogger(Reconciliation.class);

  private static final String START = "start";
  private static final String CREATION = "creation";
  private static final String INTERRUPTED = " was interrupted";
  private static final List<String> BEGINNINGS =
      List.of("its " + START + INTERRUPTED, "its " + CREATION + INTERRUPTED);

  private final MachineParts parts;
  private final Hypervisors hypervisors;
  private final Deletion deletion;
  private final MachineLocks locks;
  private final Set<String> done = ConcurrentHashMap.newKeySet();

  Reconciliation(
      MachineParts parts, Hypervisors hypervisors, Deletion deletion, MachineLocks locks) {
    this.parts = parts;
    this.hypervisors = hypervisors;
    this.deletion = deletion;
    this.locks = locks;
  }

  /** Looks at all machines of a hypervisor, and at what no machine owns. */
  void run(Hypervisor hypervisor, Operation operation) {
    try {
      lookAtAll(hypervisor, operation);
    } finally {
      done.add(hypervisor.name());
    }
  }

  /** Whether all machines of a hypervisor were looked at since this service began. */
  boolean isDone(String hypervisor) {
    return done.contains(hypervisor);
  }

  private void lookAtAll(Hypervisor hypervisor, Operation operation) {
    Set<String> directories = directories();
    for (Vm vm : parts.store().list()) {
      if (vm.hypervisor().equals(hypervisor.name())) {
        attempt(vm.name(), () -> reconcile(vm.id(), operation), operation);
      }
    }
    directories.removeAll(parts.store().list().stream().map(Vm::id).collect(Collectors.toSet()));
    directories.forEach(
        orphan -> attempt(orphan, () -> removeOrphan(orphan, operation), operation));
  }

  /** One machine that makes trouble must not keep the others from being looked at. */
  private static void attempt(String machine, Runnable work, Operation operation) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      Failures.requireWorkingJava(e);
      operation.check();
      LOG.warn("{} cannot be reconciled: {}", machine, e.toString());
    }
  }

  /**
   * Corrects the record of one machine, under its lock.
   *
   * @throws BangerException DEADLINE_EXCEEDED when an operation works on it, which corrects the
   *     record itself
   */
  void reconcile(String vmId, Operation operation) {
    try (KeyedLocks.Held held = locks.acquireUnlessWorkedOn(vmId, operation)) {
      Vm vm = parts.store().findById(vmId).orElse(null);
      if (vm == null) {
        return;
      }
      if (Intent.ofDeletion(vm).declared()) {
        deletion.run(vm, operation);
      } else if (Disposable.isAbandoned(vm)) {
        LOG.info("{} was for a command that ended with the process that ran it", vm.name());
        deletion.run(vm, operation);
      } else if (vm.state() == VmState.RUNNING) {
        reconcileRunning(vm, operation);
      } else {
        reconcileEnded(vm, operation);
      }
    }
  }

  private void reconcileRunning(Vm vm, Operation operation) {
    Optional<Handles.Found> alive = parts.handles().find(vm, hypervisors::alive);
    if (alive.isPresent()) {
      adopt(vm, alive.get(), operation);
    } else {
      endDead(vm, operation);
    }
  }

  private void adopt(Vm vm, Handles.Found found, Operation operation) {
    MachineHandle handle = found.handle();
    LOG.info("{} is running", vm.name());
    parts.events().tell(Event.ADOPTED, vm, operation, "pid", handle.pid());
    Intent.ofStart(vm).withdraw();
    parts.handles().repair(vm, found);
    if (!handle.equals(vm.machine())) {
      parts.store().update(vm.running(handle, vm.startedAt()));
    }
  }

  private void reconcileEnded(Vm vm, Operation operation) {
    boolean left =
        parts.handles().fileExists(vm)
            || Files.exists(parts.teardown().runDirectory(vm.id()))
            || !vm.capabilities().isEmpty();
    boolean untold = vm.state() == VmState.CREATED && vm.lastError() == null;
    if (Intent.ofStart(vm).declared() || (left && untold)) {
      String error = interrupted(START, "start it again", "start", vm);
      end(vm, VmState.ERROR, error, operation);
      parts.events().tell(Event.START_FAILED, vm, operation, "error", error);
    } else if (left) {
      // What a teardown left that failed.
      end(vm, vm.state(), vm.lastError(), operation);
    } else if (untold && Reservation.isUnfinished(vm)) {
      String error = interrupted(CREATION, "create it again, or delete it", "delete", vm);
      parts.store().update(vm.notRunning(VmState.ERROR, error));
    }
  }

  private static String interrupted(String what, String remedy, String verb, Vm vm) {
    return "its %s%s, as when the daemon is killed; %s with: banger vm %s %s"
        .formatted(what, INTERRUPTED, remedy, verb, vm.name());
  }

  /**
   * Whether the record of a machine tells that its creation or its first start was interrupted, be
   * it by the end of the daemon or by whoever asked for it.
   */
  static boolean toldInterrupted(Vm vm) {
    if (vm.startedAt() != null || vm.lastError() == null) {
      return false;
    }
    // Only a start that was cancelled leaves an error and the state as it was.
    return vm.state() == VmState.CREATED
        || (vm.state() == VmState.ERROR
            && BEGINNINGS.stream().anyMatch(what -> vm.lastError().startsWith(what)));
  }

  /** Why a machine whose record says RUNNING does not run; null when that was asked for. */
  static String whyEnded(Vm vm) {
    return Intent.ofStop(vm).declared() ? null : "the machine ended by itself";
  }

  /** The one definition of liveness: the record says RUNNING, and its VMM is alive. */
  boolean isAlive(Vm vm) {
    return alive(vm).isPresent();
  }

  /**
   * What names the VMM of a machine that is alive. Whoever acts on it asks once: a machine may end
   * between two looks.
   */
  Optional<MachineHandle> alive(Vm vm) {
    return vm.state() == VmState.RUNNING
        ? parts.handles().findAlive(vm, hypervisors::alive)
        : Optional.empty();
  }

  /**
   * Returns for a machine that does not run.
   *
   * @throws BangerException IN_USE
   */
  void requireStopped(Vm vm) {
    if (isAlive(vm)) {
      throw new BangerException(
          ErrorCode.IN_USE,
          "vm \"%s\" is running; stop it with: banger vm stop %s".formatted(vm.name(), vm.name()));
    }
  }

  /** As {@link #end}, for a machine whose record says RUNNING and that does not run. */
  Vm endDead(Vm vm, Operation operation) {
    String error = whyEnded(vm);
    Vm ended = end(vm, VmState.STOPPED, error, Operation.background());
    if (error == null) {
      parts.events().tell(Event.STOPPED, vm, operation);
    } else {
      parts.events().tell(Event.ENDED, vm, operation, "error", error);
    }
    return ended;
  }

  /** Ends what is left of a run and writes the record; for the holder of the machine's lock. */
  Vm end(Vm vm, VmState state, String error, Operation operation) {
    Failures failures = new Failures();
    List<String> owed = parts.teardown().end(vm, failures, operation);
    Vm ended =
        vm.notRunning(state, error)
            .withCapabilities(owed)
            .usedAt(vm.state() == VmState.RUNNING ? now() : vm.lastUsedAt());
    try {
      FaultPoint.around("end.record", () -> parts.store().update(ended));
    } catch (BangerException e) {
      failures.attachTo(e);
      throw e;
    }
    Intent.ofStart(vm).withdraw();
    Intent.ofStop(vm).withdraw();
    failures.throwIfAny("not all of the run of " + vm.name() + " could be removed");
    return ended;
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS);
  }

  private void removeOrphan(String vmId, Operation operation) {
    try (KeyedLocks.Held held = locks.acquireUnlessWorkedOn(vmId, operation)) {
      if (parts.store().findById(vmId).isPresent()) {
        return;
      }
      if (new LostMachines(parts.machines()).contains(vmId)) {
        LOG.warn("{} has disks and no record: it is kept; see banger doctor", vmId);
        return;
      }
      LOG.info("no machine owns {}: it is removed", vmId);
      Failures failures = new Failures();
      if (!parts.teardown().sweepOrphan(vmId, failures, operation)) {
        return; // what finds its VMM again is kept for the next time
      }
      Path directory = parts.machines().resolve(vmId);
      if (failures.attempt("removing the directory", () -> DurableFiles.deleteTree(directory))) {
        Intent.ofDeletion(parts.machines(), vmId).withdraw();
      }
    }
  }

  private Set<String> directories() {
    Set<String> names = new TreeSet<>();
    names.addAll(names(parts.machines()));
    names.addAll(names(parts.teardown().runDirectory("any").getParent()));
    return names;
  }

  private static Set<String> names(Path directory) {
    Set<String> names = new HashSet<>();
    if (!Files.isDirectory(directory)) {
      return names;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        // Only what looks like ours is ever removed.
        if (Intent.owner(entry).matches("[0-9a-f]{12}")) {
          names.add(Intent.owner(entry));
        }
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be listed", directory, e);
    }
    return names;
  }
}
