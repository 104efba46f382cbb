// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.image.CatalogImage;
import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.vm.VmState;
import java.util.List;
import java.util.stream.Stream;

/** The names that commands complete. */
final class VmNames {
  private final VmService vms;
  private final ImageService images;

  VmNames(VmService vms, ImageService images) {
    this.vms = vms;
    this.images = images;
  }

  List<String> all() {
    return vms.list().stream().map(Vm::name).toList();
  }

  List<String> running() {
    return vms.list().stream().filter(vm -> vm.state() == VmState.RUNNING).map(Vm::name).toList();
  }

  List<String> startable() {
    return vms.list().stream().filter(vm -> vm.state() != VmState.RUNNING).map(Vm::name).toList();
  }

  /** Images that are here or can be pulled. */
  List<String> usableImages() {
    return Stream.concat(
            images.list().stream().map(Image::name),
            images.catalog().stream().map(CatalogImage::name))
        .distinct()
        .toList();
  }
}
