// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.portforward;

import dev.banger.capability.CapabilityTarget;
import dev.banger.capability.Cleanup;
import dev.banger.capability.ConfigChange;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.capability.PostStart;
import dev.banger.capability.StartPrerequisites;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.PortForward;
import dev.banger.operation.Operation;
import dev.banger.store.VmStore;
import dev.banger.vm.Vm;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * Publishes the ports of a machine's record on the host: at its start, while it runs, and again
 * when this bundle or the daemon comes back. The VMM holds them, so that they outlive the daemon.
 *
 * <p>The services that it works with are optional: one that is being updated must not take the
 * capability, and with it the ports, away from machines that run.
 */
@Component
@CapabilityTarget("(ports=*)")
public final class PortForwardCapability
    implements StartPrerequisites, MachineConfigContributor, ConfigChange, PostStart, Cleanup {
  @Reference(policyOption = ReferencePolicyOption.GREEDY)
  volatile List<Hypervisor> hypervisors = List.of();

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile VmStore store;

  public PortForwardCapability() {}

  PortForwardCapability(VmStore store, List<Hypervisor> hypervisors) {
    this.store = store;
    this.hypervisors = hypervisors;
  }

  @Override
  public String capability() {
    return "port-forward";
  }

  @Override
  public void checkStart(Vm vm, Operation operation) {
    vm.ports().forEach(port -> hostPorts().requireFree(port, vm));
  }

  @Override
  public void contribute(Vm vm, MachineConfig.Additions additions, Operation operation) {
    vm.ports().forEach(additions::portForward);
  }

  @Override
  public void checkChange(Vm before, Vm after, Operation operation) {
    List<PortForward> withdrawn = missing(before.ports(), after.ports());
    for (PortForward port : missing(after.ports(), before.ports())) {
      // What this machine itself gives up may still be open now.
      if (withdrawn.stream().noneMatch(port::collidesWith)) {
        hostPorts().requireFree(port, after);
      }
    }
  }

  @Override
  public void changed(Vm before, Vm after, Operation operation) {
    if (before.ports().equals(after.ports())) {
      return;
    }
    RunningPorts.of(after, hypervisors)
        .ifPresent(
            running ->
                running.change(
                    missing(before.ports(), after.ports()),
                    missing(after.ports(), before.ports()),
                    operation));
  }

  @Override
  public void started(Vm vm, boolean late, Operation operation) {
    if (late && !vm.ports().isEmpty()) {
      RunningPorts.of(vm, hypervisors)
          .ifPresent(running -> running.change(List.of(), vm.ports(), operation));
    }
  }

  @Override
  public void cleanUp(Vm vm, Operation operation) {
    if (!vm.ports().isEmpty()) {
      RunningPorts.of(vm, hypervisors)
          .ifPresent(running -> running.change(vm.ports(), List.of(), operation));
    }
  }

  private HostPorts hostPorts() {
    VmStore present = store;
    if (present == null) {
      throw new BangerException(
          ErrorCode.UNAVAILABLE,
          "the store of machines is not there, and it tells which ports are taken; repeat the command in a moment, and see banger doctor");
    }
    return new HostPorts(present);
  }

  private static List<PortForward> missing(List<PortForward> all, List<PortForward> there) {
    List<PortForward> missing = new ArrayList<>(all);
    missing.removeAll(there);
    return missing;
  }
}
