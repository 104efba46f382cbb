// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes records and the world agree after the daemon, the host or a VMM died: machines that live
 * are kept, what died or was begun and not ended is cleaned up, and what no record owns is removed.
 */
final class Reconciliation {
  private static final Logger LOG = LoggerFactory.getLogger(Reconciliation.class);

  /** Whoever holds a machine's lock for longer corrects its record himself. */
  private static final Duration LOCK_LIMIT = Duration.ofSeconds(1);

  private final MachineParts parts;
  private final Hypervisors hypervisors;
  private final KeyedLocks locks;

  Reconciliation(MachineParts parts, Hypervisors hypervisors, KeyedLocks locks) {
    this.parts = parts;
    this.hypervisors = hypervisors;
    this.locks = locks;
  }

  /** Looks at all machines of a hypervisor, and at what no machine owns. */
  void run(Hypervisor hypervisor, Operation operation) {
    Set<String> directories = directories();
    for (Vm vm : parts.store().list()) {
      if (vm.hypervisor().equals(hypervisor.name())) {
        try {
          reconcile(vm.id(), operation);
        } catch (BangerException e) {
          operation.check();
          LOG.warn("{} cannot be reconciled: {}", vm.name(), e.getMessage());
        }
      }
    }
    // The directories were listed before the rows: one that is made now already has its row.
    directories.removeAll(parts.store().list().stream().map(Vm::id).collect(Collectors.toSet()));
    directories.forEach(orphan -> removeOrphan(orphan, operation));
  }

  /** Corrects the record of one machine, under its lock. */
  void reconcile(String vmId, Operation operation) {
    operation.check();
    try (KeyedLocks.Held held = locks.acquire(vmId, Operation.background().within(LOCK_LIMIT))) {
      Vm vm = parts.store().findById(vmId).orElse(null);
      if (vm == null) {
        return;
      }
      if (vm.state() == VmState.RUNNING) {
        reconcileRunning(vm, operation);
      } else if (parts.handles().fileExists(vm)
          || Files.exists(parts.teardown().runDirectory(vmId))
          || !vm.capabilities().isEmpty()) {
        // What an interrupted start left, or a teardown that failed.
        end(vm, vm.state(), vm.lastError(), operation);
      }
    }
  }

  private void reconcileRunning(Vm vm, Operation operation) {
    if (isAlive(vm)) {
      if (!parts.handles().fileExists(vm) && vm.machine() != null) {
        parts.handles().write(vm, vm.machine());
      }
      LOG.info("{} is running", vm.name());
    } else {
      end(vm, VmState.STOPPED, "the machine ended by itself", operation);
    }
  }

  /** The one definition of liveness: the record says RUNNING, and its VMM is alive. */
  boolean isAlive(Vm vm) {
    return vm.state() == VmState.RUNNING
        && parts
            .handles()
            .find(vm)
            .map(handle -> hypervisors.require(handle.hypervisor()).alive(handle))
            .orElse(false);
  }

  /** Ends what is left of a run and writes the record; for the holder of the machine's lock. */
  Vm end(Vm vm, VmState state, String error, Operation operation) {
    Failures failures = new Failures();
    List<String> owed = parts.teardown().end(vm, failures, operation);
    Vm ended = vm.notRunning(state, error).withCapabilities(owed);
    parts.store().update(ended);
    failures.throwIfAny("not all of the run of " + vm.name() + " could be removed");
    return ended;
  }

  private void removeOrphan(String vmId, Operation operation) {
    LOG.info("no machine owns {}: it is removed", vmId);
    Failures failures = new Failures();
    parts.teardown().sweepOrphan(vmId, failures, operation);
    failures.attempt(
        "removing the directory", () -> DurableFiles.deleteTree(machinesDirectory().resolve(vmId)));
  }

  private Path machinesDirectory() {
    return parts.state().resolve("vms");
  }

  private Set<String> directories() {
    Set<String> names = new TreeSet<>();
    names.addAll(names(machinesDirectory()));
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
        if (entry.getFileName().toString().matches("[0-9a-f]{12}")) {
          names.add(entry.getFileName().toString());
        }
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be listed", directory, e);
    }
    return names;
  }
}
