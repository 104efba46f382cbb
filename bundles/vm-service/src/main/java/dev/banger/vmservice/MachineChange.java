// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.ConfigChange;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.hypervisor.PortForward;
import dev.banger.operation.Operation;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmSpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** One change of one machine, for the holder of its lock. */
final class MachineChange {
  private final MachineParts parts;
  private final Sizing sizing;
  private final DiskGrowth growth;
  private final Operation operation;

  MachineChange(MachineParts parts, Sizing sizing, DiskGrowth growth, Operation operation) {
    this.parts = parts;
    this.sizing = sizing;
    this.growth = growth;
    this.operation = operation;
  }

  /**
   * Makes the change.
   *
   * @param running whether the machine runs
   * @return the machine after it, stored
   */
  Vm run(Vm before, ChangeVm change, boolean running) {
    Vm after = changed(before, change);
    if (after.equals(before)) {
      return before;
    }
    requireChangeable(before, after, running);
    requireCapabilities(before, after, running);
    askCapabilities(before, after);
    // Done again it does nothing: a change that is cut short here is finished by its repetition.
    prepareCapabilities(before, after);
    growth.grow(before, after, running, operation);
    Vm changed = running ? owing(after) : after;
    store(before, changed);
    return changed;
  }

  /** Names what may begin to have something to clean up, before it has. */
  private Vm owing(Vm after) {
    Set<String> applied = new LinkedHashSet<>(after.capabilities());
    applied.addAll(parts.capabilities().snapshot().concerning(after).appliedLate());
    return after.withCapabilities(List.copyOf(applied));
  }

  /** Gives the machine another name. */
  Vm rename(Vm before, String name) {
    if (before.name().equals(name)) {
      return before;
    }
    Vm after = before.withName(name);
    askCapabilities(before, after);
    FaultPoint.around("rename.record", () -> update(after));
    parts.events().tell(Event.RENAMED, after, operation, "from", before.name());
    tellCapabilities(before, after);
    return after;
  }

  private void update(Vm after) {
    try {
      parts.store().update(after);
    } catch (BangerException e) {
      if (e.code() == ErrorCode.ALREADY_EXISTS) {
        throw Reservation.taken(after.name());
      }
      throw e;
    }
  }

  private Vm changed(Vm vm, ChangeVm change) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    return vm.withSpec(sizing.changed(vm.spec(), change))
        .withPorts(PublishedPorts.changed(vm, change, parts))
        .withLabels(Labels.changed(vm.labels(), change.labels(), change.removedLabels()))
        .withLifetime(
            Lifetimes.changed(vm.lifetime(), change.timeToLive(), change.idleStop(), now));
  }

  private static void requireChangeable(Vm before, Vm after, boolean running) {
    VmSpec from = before.spec();
    VmSpec to = after.spec();
    if (running && (from.vcpus() != to.vcpus() || from.memoryMib() != to.memoryMib())) {
      throw new BangerException(
          ErrorCode.IN_USE,
          "vm \"%s\" is running, and its CPUs and memory can only change while it is not; stop it with: banger vm stop %s"
              .formatted(before.name(), before.name()));
    }
    requireLarger("disk", from.diskBytes(), to.diskBytes());
    requireLarger("work disk", from.workDiskBytes(), to.workDiskBytes());
    if (from.workDiskBytes() == 0 && to.workDiskBytes() != 0) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "vm \"%s\" has no work disk; one is made with its machine only".formatted(before.name()));
    }
  }

  private void requireCapabilities(Vm before, Vm after, boolean running) {
    RequiredCapabilities required = new RequiredCapabilities(parts.capabilities(), operation);
    required.forPorts(concernedPorts(before, after, running));
    if (after.spec().workDiskBytes() > before.spec().workDiskBytes()) {
      required.forMachine(after);
    }
  }

  /** What is not published may be withdrawn by anybody: nothing has to be done on the host. */
  private static List<PortForward> concernedPorts(Vm before, Vm after, boolean running) {
    List<PortForward> concerned = new ArrayList<>(after.ports());
    concerned.removeAll(before.ports());
    if (running && concerned.isEmpty()) {
      concerned.addAll(before.ports());
      concerned.removeAll(after.ports());
    }
    return concerned;
  }

  private static void requireLarger(String disk, long from, long to) {
    if (to < from) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "the %s has %s already and cannot shrink to %s"
              .formatted(disk, Quantities.size(from), Quantities.size(to)));
    }
  }

  private void store(Vm before, Vm after) {
    FaultPoint.around("set.record", () -> parts.store().update(after));
    parts.events().tell(Event.CHANGED, after, operation, differences(before, after));
    tellCapabilities(before, after);
  }

  private void askCapabilities(Vm before, Vm after) {
    for (Hook<ConfigChange> hook : concerned(before, after)) {
      parts
          .hookCalls()
          .call(
              hook,
              after,
              operation,
              (service, limited) -> service.checkChange(before, after, limited));
    }
  }

  private void prepareCapabilities(Vm before, Vm after) {
    for (Hook<ConfigChange> hook : concerned(before, after)) {
      parts
          .hookCalls()
          .call(
              hook,
              after,
              operation,
              (service, limited) -> service.prepareChange(before, after, limited));
    }
  }

  private List<Hook<ConfigChange>> concerned(Vm before, Vm after) {
    return parts.capabilities().snapshot().of(ConfigChange.class).stream()
        .filter(hook -> hook.concerns(before) || hook.concerns(after))
        .toList();
  }

  private void tellCapabilities(Vm before, Vm after) {
    Failures failures = new Failures();
    for (Hook<ConfigChange> hook : concerned(before, after)) {
      failures.attempt(
          "capability " + hook.capability(),
          () ->
              parts
                  .hookCalls()
                  .call(
                      hook,
                      after,
                      operation,
                      (service, limited) -> service.changed(before, after, limited)));
    }
    failures.throwIfAny(
        "vm \"%s\" is changed, but not all of its capabilities could follow"
            .formatted(after.name()));
  }

  private static Object[] differences(Vm before, Vm after) {
    List<Object> details = new ArrayList<>();
    add(details, "vcpus", before.spec().vcpus(), after.spec().vcpus());
    add(details, "memory_mib", before.spec().memoryMib(), after.spec().memoryMib());
    add(details, "disk_bytes", before.spec().diskBytes(), after.spec().diskBytes());
    add(details, "work_disk_bytes", before.spec().workDiskBytes(), after.spec().workDiskBytes());
    add(details, "labels", before.labels(), after.labels());
    add(details, "ports", before.ports(), after.ports());
    add(details, "expires_at", before.lifetime().expiresAt(), after.lifetime().expiresAt());
    add(details, "idle_stop", before.lifetime().idleStop(), after.lifetime().idleStop());
    return details.toArray();
  }

  private static void add(List<Object> details, String name, Object before, Object after) {
    if (!Objects.equals(before, after)) {
      details.add(name);
      details.add(after == null ? "none" : after);
    }
  }
}
