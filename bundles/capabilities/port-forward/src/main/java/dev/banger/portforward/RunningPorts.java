// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.portforward;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.PortForward;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.Optional;

/** The published ports of a machine that runs. */
final class RunningPorts {
  private final Hypervisor hypervisor;
  private final MachineHandle handle;
  private BangerException failure;

  private RunningPorts(Hypervisor hypervisor, MachineHandle handle) {
    this.hypervisor = hypervisor;
    this.handle = handle;
  }

  /**
   * Those of a machine; empty when it does not run.
   *
   * @throws BangerException UNAVAILABLE when its hypervisor is not there
   */
  static Optional<RunningPorts> of(Vm vm, List<Hypervisor> hypervisors) {
    if (vm.machine() == null) {
      return Optional.empty();
    }
    Hypervisor hypervisor =
        hypervisors.stream()
            .filter(each -> each.name().equals(vm.hypervisor()))
            .findFirst()
            .orElseThrow(
                () ->
                    new BangerException(
                        ErrorCode.UNAVAILABLE,
                        "the hypervisor %s of vm \"%s\" is not there, and it alone can publish and withdraw its ports"
                            .formatted(vm.hypervisor(), vm.name())));
    return hypervisor.alive(vm.machine())
        ? Optional.of(new RunningPorts(hypervisor, vm.machine()))
        : Optional.empty();
  }

  /**
   * Withdraws and then publishes. One port that fails does not keep the others; a machine that ends
   * meanwhile has none any more.
   *
   * @throws BangerException the first failure, with the others attached
   */
  void change(List<PortForward> withdrawn, List<PortForward> published, Operation operation) {
    failure = null;
    withdrawn.forEach(port -> attempt(() -> hypervisor.removePortForward(handle, port, operation)));
    published.forEach(port -> attempt(() -> hypervisor.addPortForward(handle, port, operation)));
    if (failure != null) {
      throw failure;
    }
  }

  private void attempt(Runnable action) {
    try {
      action.run();
    } catch (BangerException e) {
      if (e.code() == ErrorCode.NOT_RUNNING) {
        return;
      }
      if (failure == null) {
        failure = e;
      } else {
        failure.addSuppressed(e);
      }
    }
  }
}
