// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.workdisk;

import dev.banger.guest.GuestService;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.nio.file.Files;
import java.time.Duration;

/** Makes a work disk larger, and the file system in it when the guest runs. */
final class WorkDiskGrowth {
  /** Writing the tables of a large file system takes its time in an emulated guest. */
  private static final Duration LIMIT = Duration.ofSeconds(50);

  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Hypervisor hypervisor;
  private final GuestService guests;

  WorkDiskGrowth(Hypervisor hypervisor, GuestService guests) {
    this.hypervisor = hypervisor;
    this.guests = guests;
  }

  /** Grows the disk to the size of the record; one that is not made yet is made large. */
  void grow(Vm vm, Operation operation) {
    Disk disk = WorkDisk.of(vm);
    long bytes = vm.spec().workDiskBytes();
    if (vm.machine() != null && hypervisor.alive(vm.machine())) {
      hypervisor.growRunningDisk(vm.machine(), disk, bytes, operation);
      awaitFileSystem(vm, bytes, operation.within(LIMIT));
    } else if (Files.exists(disk.path())) {
      hypervisor.growDisk(disk, bytes, operation); // the guest does the rest when it boots
    }
  }

  /** The guest may hear of its disk's growth a moment later than it is asked to follow. */
  private void awaitFileSystem(Vm vm, long bytes, Operation operation) {
    operation.await(() -> guests.grow(vm.name(), WorkDisk.MOUNT_POINT, operation) >= bytes, PAUSE);
  }
}
