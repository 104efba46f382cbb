// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.store.ImageStore;
import dev.banger.store.VmStore;

/** Who names kernels: machines and images, by their records. */
final class KernelReferences {
  private final ImageStore images;
  private final VmStore machines;

  KernelReferences(ImageStore images, VmStore machines) {
    this.images = images;
    this.machines = machines;
  }

  /**
   * Whether a machine or an image names a kernel.
   *
   * @throws dev.banger.error.BangerException when the records cannot be read
   */
  boolean name(String kernel) {
    return images.list().stream().anyMatch(image -> kernel.equals(image.kernel()))
        || machines.list().stream().anyMatch(vm -> kernel.equals(vm.kernel()));
  }
}
