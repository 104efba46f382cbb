// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.image.Image;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.nio.file.Path;

/** A machine's own layer over its image. */
final class RootDisk {
  private final MachineParts parts;
  private final Hypervisor hypervisor;

  RootDisk(MachineParts parts, Hypervisor hypervisor) {
    this.parts = parts;
    this.hypervisor = hypervisor;
  }

  /** The disk as the hypervisor gets it. */
  static Disk of(Vm vm) {
    return new Disk("root", vm.files().rootDisk(), format(vm), false);
  }

  // Never by its content, which is the guest's.
  static Disk.Format format(Vm vm) {
    String name = vm.files().rootDisk().getFileName().toString();
    return name.endsWith("." + Disk.Format.RAW.label()) ? Disk.Format.RAW : Disk.Format.QCOW2;
  }

  /**
   * Makes it, in the place of one that is there: made beside it and moved there, so that a crash in
   * the middle leaves the old one, or none.
   */
  void make(Vm vm, Operation operation) {
    Path fresh = fresh(vm);
    DurableFiles.delete(fresh);
    Image image = parts.images().find(vm.imageId());
    Disk made = hypervisor.createRootDisk(image.rootfs(), fresh, vm.spec().diskBytes(), operation);
    if (made.format() != format(vm)) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the hypervisor %s made a root disk of the format %s instead of %s; its driver is at fault"
              .formatted(hypervisor.name(), made.format().label(), format(vm).label()));
    }
    DurableFiles.publish(fresh, vm.files().rootDisk());
  }

  /** Removes what a failed {@link #make} left. */
  static void discard(Vm vm) {
    DurableFiles.delete(fresh(vm));
  }

  private static Path fresh(Vm vm) {
    Path file = vm.files().rootDisk();
    return file.resolveSibling(file.getFileName() + ".new");
  }
}
