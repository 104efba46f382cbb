// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;

/** Makes the root disk of a machine larger, and the file system in it when the guest runs. */
final class DiskGrowth {
  /** Writing the tables of a large file system takes its time in an emulated guest. */
  private static final Duration GROWTH_LIMIT = Duration.ofMinutes(1);

  private static final Duration PAUSE = Duration.ofMillis(50);

  private final MachineParts parts;
  private final Hypervisors hypervisors;

  DiskGrowth(MachineParts parts, Hypervisors hypervisors) {
    this.parts = parts;
    this.hypervisors = hypervisors;
  }

  /**
   * Grows the disk if it is larger afterwards than before. A disk that is not made yet is made
   * large.
   */
  void grow(Vm before, Vm after, boolean running, Operation operation) {
    if (after.spec().diskBytes() > before.spec().diskBytes()) {
      grow(after, after.spec().diskBytes(), running, operation);
    }
  }

  private void grow(Vm vm, long bytes, boolean running, Operation operation) {
    Disk disk = RootDisk.of(vm);
    Hypervisor hypervisor = hypervisors.require(vm.hypervisor(), operation);
    if (running) {
      MachineHandle handle =
          parts.handles().findAlive(vm, hypervisors::alive).orElseThrow(() -> endedMeanwhile(vm));
      hypervisor.growRunningDisk(handle, disk, bytes, operation);
      growFileSystem(vm, handle, bytes, operation);
    } else if (Files.exists(disk.path())) {
      hypervisor.growDisk(disk, bytes, operation); // the guest does the rest when it boots
    }
  }

  private static BangerException endedMeanwhile(Vm vm) {
    return new BangerException(
        ErrorCode.NOT_RUNNING,
        "vm \"%s\" ended while its disk was to grow; its settings are as they were, repeat the command"
            .formatted(vm.name()));
  }

  /** The guest may hear of its disk's growth a moment later than it is asked to follow. */
  private void growFileSystem(Vm vm, MachineHandle handle, long bytes, Operation operation) {
    Operation bounded = operation.within(GROWTH_LIMIT);
    byte[] request = GuestRequests.paths(List.of("/"));
    bounded.await(
        () ->
            GuestRequests.size(
                    parts
                        .connections()
                        .connect(vm, handle, bounded)
                        .ask(AgentProtocol.GROW, request, bounded))
                >= bytes,
        PAUSE);
  }
}
