// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.PortForward;
import dev.banger.image.Image;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Disposable;
import dev.banger.vm.Vm;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A machine whose creation or first start the daemon did not survive, or whose first start was
 * cancelled. Whoever asks for the same machine again is given it, as new.
 */
final class InterruptedCreation {
  private static final Logger LOG = LoggerFactory.getLogger(InterruptedCreation.class);

  private final MachineParts parts;
  private final Reconciliation reconciliation;
  private final MachineLocks locks;

  InterruptedCreation(MachineParts parts, Reconciliation reconciliation, MachineLocks locks) {
    this.parts = parts;
    this.reconciliation = reconciliation;
    this.locks = locks;
  }

  /**
   * Returns when no machine has a name, or one that may be taken over.
   *
   * @throws BangerException ALREADY_EXISTS
   */
  void requireObtainable(String name) {
    if (parts.store().findByName(name).filter(vm -> !mayBe(vm)).isPresent()) {
      throw Reservation.taken(name);
    }
  }

  /**
   * Takes over the machine of the name that is asked for.
   *
   * @return the machine, as it is when it has just been created; empty when there is none
   * @throws BangerException ALREADY_EXISTS when it was not interrupted, is being created or started
   *     right now, or is not what is asked for; nothing was changed then
   */
  Optional<Vm> takeOver(
      CreateVm request, VmSpec spec, Image image, Hypervisor hypervisor, Operation operation) {
    String name = request.name();
    Vm found = name == null ? null : parts.store().findByName(name).orElse(null);
    if (found == null) {
      return Optional.empty();
    }
    if (!mayBe(found)) {
      throw Reservation.taken(name);
    }
    try {
      // The daemon may have come so lately that nobody has looked yet at what its predecessor left.
      reconciliation.reconcile(found.id(), operation);
      return takeOverTold(found.id(), request, spec, image, hypervisor, operation);
    } catch (BangerException e) {
      operation.check();
      throw e.code() == ErrorCode.DEADLINE_EXCEEDED ? Reservation.taken(name) : e;
    }
  }

  private Optional<Vm> takeOverTold(
      String id,
      CreateVm request,
      VmSpec spec,
      Image image,
      Hypervisor hypervisor,
      Operation operation) {
    // Whoever works on it creates or starts it right now.
    try (KeyedLocks.Held held = locks.acquireUnlessWorkedOn(id, operation)) {
      Vm vm =
          parts
              .store()
              .findById(id)
              .filter(named -> named.name().equals(request.name()))
              .orElse(null);
      if (vm == null) {
        return Optional.empty();
      }
      boolean asked =
          vm.spec().equals(spec)
              && vm.imageId().equals(image.id())
              && vm.hypervisor().equals(hypervisor.name());
      if (!Reconciliation.toldInterrupted(vm) || !asked) {
        throw Reservation.taken(vm.name());
      }
      return Optional.of(renew(vm, request));
    }
  }

  private Vm renew(Vm vm, CreateVm request) {
    List<PortForward> ports =
        PublishedPorts.of(
            request, PublishedPorts.othersThan(vm, parts.store().list()), parts.sshPorts());
    LOG.info("{} ({}) is taken over by whoever asks for it again", vm.name(), vm.id());
    // A guest may have written to them in the start that was interrupted.
    DurableFiles.delete(vm.files().rootDisk());
    if (vm.files().workDisk() != null) {
      DurableFiles.delete(vm.files().workDisk());
    }
    DurableFiles.makeDirectory(vm.files().directory());
    SshIdentity.makeHostKey(vm);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    Vm renewed =
        vm.notRunning(VmState.CREATED, null)
            .withLabels(request.labels())
            .withPorts(ports)
            .withLifetime(Lifetimes.of(request, now));
    parts.store().update(renewed);
    return renewed;
  }

  /** Whether a record can be one of those, before the reconciliation has seen it. */
  private boolean mayBe(Vm vm) {
    return Reconciliation.toldInterrupted(vm)
        || Disposable.isAbandoned(vm)
        || Reservation.isUnfinished(vm)
        || (vm.startedAt() == null && Intent.ofStart(vm).declared())
        || toldMeanwhile(vm);
  }

  /** A reconciliation withdraws the intent after it has written what it found. */
  private boolean toldMeanwhile(Vm vm) {
    return parts.store().findById(vm.id()).filter(Reconciliation::toldInterrupted).isPresent();
  }
}
