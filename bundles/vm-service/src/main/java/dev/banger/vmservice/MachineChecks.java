// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether people can reach their machines, and what a new machine would get. */
@Component
public final class MachineChecks implements DoctorCheck {
  private final HostCommands commands;
  private final VmService machines;
  private final Capabilities capabilities;
  private final LostMachines lost;

  @Activate
  public MachineChecks(
      @Reference HostCommands commands,
      @Reference VmService machines,
      @Reference Capabilities capabilities,
      @Reference BangerDirectories directories) {
    this.lost = new LostMachines(directories.state().resolve("vms"));
    this.commands = commands;
    this.machines = machines;
    this.capabilities = capabilities;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    return List.of(ssh(), defaults(), present(), records());
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
    SizedSpec size = machines.size(CreateVm.builder().build());
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
    CapabilitySet present = capabilities.snapshot();
    String absent =
        machines.list().stream()
            .filter(vm -> !absent(vm, present).isEmpty())
            .map(vm -> vm.name() + ": " + String.join(", ", absent(vm, present)))
            .collect(Collectors.joining("; "));
    if (!absent.isEmpty()) {
      return Finding.warn(
          "capabilities",
          "clean-ups are owed to machines by capabilities that are not there: " + absent,
          "install their bundles again, or give them up with: banger vm delete --abandon");
    }
    List<String> names = present.names();
    return Finding.pass(
        "capabilities", names.isEmpty() ? "none installed" : String.join(", ", names));
  }

  private static List<String> absent(Vm vm, CapabilitySet present) {
    return vm.capabilities().stream().filter(each -> !present.canCleanUp(each)).toList();
  }

  private Finding records() {
    List<Path> without =
        lost.besides(machines.list().stream().map(Vm::id).collect(Collectors.toSet()));
    return without.isEmpty()
        ? Finding.pass("vm-records", "every machine's disks have a record")
        : Finding.warn(
            "vm-records",
            "disks without a record: "
                + without.stream().map(Path::toString).collect(Collectors.joining(", ")),
            "take out of them what you need (as with: guestfish, or as the disk of another"
                + " machine), then remove those directories");
  }
}
