// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.PortForward;
import dev.banger.image.ImageService;
import dev.banger.operation.Progress;
import dev.banger.shell.grammar.Sizes;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Disposable;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import java.util.EnumSet;
import java.util.Set;

/** Creates a VM for a person: says what it will be, sees to the host, shows the progress. */
final class Creation {
  private final VmService vms;
  private final ImageService images;
  private final FirstUse firstUse;

  Creation(VmService vms, ImageService images, FirstUse firstUse) {
    this.vms = vms;
    this.images = images;
    this.firstUse = firstUse;
  }

  /** Refuses what cannot become a VM; changes nothing but, with consent, the host's packages. */
  void prepare(CreateVm request, Output output) {
    refuseTakenName(request.name());
    refuseUnknownImage(request.image());
    output.note(specLine(vms.size(request)));
    firstUse.makeFit(output);
  }

  Vm create(CreateVm request, Output output, Progress progress) {
    Vm vm = firstUse.watch(() -> vms.create(request, output.operation().reportingTo(progress)));
    for (PortForward port : vm.ports()) {
      output.note("port " + port.guestPort() + ": " + Urls.of(port));
    }
    return vm;
  }

  Vm start(Vm vm, Output output, Progress progress) {
    return firstUse.watch(() -> vms.start(vm.id(), output.operation().reportingTo(progress)));
  }

  private void refuseTakenName(String name) {
    // Another state may be what an interrupted creation left: the service knows.
    Set<VmState> surely = EnumSet.of(VmState.RUNNING, VmState.STOPPED);
    if (name != null
        && vms.list().stream()
            .filter(vm -> vm.name().equals(name) && surely.contains(vm.state()))
            .anyMatch(vm -> !Disposable.isAbandoned(vm))) {
      throw new BangerException(
          ErrorCode.ALREADY_EXISTS,
          "a VM named '"
              + name
              + "' exists already; choose another name or delete it with"
              + " 'banger vm delete "
              + name
              + "'");
    }
  }

  private void refuseUnknownImage(String reference) {
    if (reference == null
        || reference.chars().anyMatch(character -> "/:@".indexOf(character) >= 0)
        || images.catalog().stream().anyMatch(each -> each.name().equals(reference))) {
      return;
    }
    images.find(reference);
  }

  static String specLine(SizedSpec sized) {
    VmSpec spec = sized.spec();
    String line =
        String.format(
            "spec: %d vcpu (%s) | %d MiB (%s) | %s disk (%s)",
            spec.vcpus(),
            sized.vcpus().label(),
            spec.memoryMib(),
            sized.memory().label(),
            Sizes.format(spec.diskBytes()),
            sized.disk().label());
    return spec.workDiskBytes() == 0
        ? line
        : String.format(
            "%s | %s work disk (%s)",
            line, Sizes.format(spec.workDiskBytes()), sized.workDisk().label());
  }
}
