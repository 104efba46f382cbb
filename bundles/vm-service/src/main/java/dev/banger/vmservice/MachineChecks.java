// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.VmService;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether people can reach their machines, and what a new machine would get. */
@Component
public final class MachineChecks implements DoctorCheck {
  private final HostCommands commands;
  private final VmService machines;
  private final Capabilities capabilities;

  @Activate
  public MachineChecks(
      @Reference HostCommands commands,
      @Reference VmService machines,
      @Reference Capabilities capabilities) {
    this.commands = commands;
    this.machines = machines;
    this.capabilities = capabilities;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    return List.of(ssh(), defaults(), present());
  }

  private Finding ssh() {
    return commands
        .find("ssh")
        .map(path -> Finding.pass("ssh", path.toString()))
        .orElseGet(
            () ->
                Finding.fail(
                    "ssh", "the ssh client is not installed", "install it", "openssh-client"));
  }

  private Finding defaults() {
    SizedSpec size = machines.size(new CreateVm(null, null, null, null, null, null));
    return Finding.pass(
        "vm-defaults",
        "%d vcpu (%s), %d MiB (%s), %d GiB disk (%s)"
            .formatted(
                size.spec().vcpus(),
                size.vcpus().label(),
                size.spec().memoryMib(),
                size.memory().label(),
                size.spec().diskBytes() >> 30,
                size.disk().label()));
  }

  private Finding present() {
    List<String> names = capabilities.snapshot().names();
    return Finding.pass(
        "capabilities", names.isEmpty() ? "none installed" : String.join(", ", names));
  }
}
