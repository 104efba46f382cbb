// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.doctor.Finding;
import dev.banger.doctor.Finding.Status;
import dev.banger.vm.Vm;
import java.util.Comparator;
import java.util.List;

/**
 * How a VM is, as {@code vm health --json} tells it: docs/commands.md.
 *
 * @param vmId its id
 * @param vmName its name
 * @param status the worst of the findings
 * @param findings what was found, layer by layer
 */
record VmHealth(String vmId, String vmName, Status status, List<Finding> findings) {
  static VmHealth of(Vm vm, List<Finding> findings) {
    Status worst =
        findings.stream().map(Finding::status).max(Comparator.naturalOrder()).orElse(Status.PASS);
    return new VmHealth(vm.id(), vm.name(), worst, List.copyOf(findings));
  }
}
