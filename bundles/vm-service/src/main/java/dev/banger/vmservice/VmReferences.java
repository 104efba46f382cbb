// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.stream.Collectors;

/** Finds the machine that a person means: exact id, exact name, or an unambiguous prefix. */
final class VmReferences {
  private VmReferences() {}

  static Vm resolve(List<Vm> machines, String reference) {
    if (reference == null || reference.isBlank()) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "vm id or name is required");
    }
    for (Vm vm : machines) {
      if (vm.id().equals(reference)) {
        return vm;
      }
    }
    for (Vm vm : machines) {
      if (vm.name().equals(reference)) {
        return vm;
      }
    }
    List<Vm> matches =
        machines.stream()
            .filter(vm -> vm.id().startsWith(reference) || vm.name().startsWith(reference))
            .toList();
    if (matches.size() > 1) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "multiple VMs match \"%s\": %s"
              .formatted(
                  reference, matches.stream().map(Vm::name).collect(Collectors.joining(", "))));
    }
    if (matches.isEmpty()) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "vm \"%s\" not found; 'banger vm list' shows them all".formatted(reference));
    }
    return matches.get(0);
  }
}
