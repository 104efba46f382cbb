// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.host.HostCommands;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.HypervisorStatus;
import dev.banger.operation.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether QEMU and KVM are fit. */
@Component
public final class QemuCheck implements DoctorCheck {
  private static final Path KVM = Path.of("/dev/kvm");

  private final HostCommands commands;
  private final Hypervisor qemu;

  @Activate
  public QemuCheck(
      @Reference HostCommands commands,
      @Reference(target = "(component.name=dev.banger.qemu.QemuHypervisor)") Hypervisor qemu) {
    this.commands = commands;
    this.qemu = qemu;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    HypervisorStatus status = qemu.status(operation);
    List<Finding> findings = new ArrayList<>();
    findings.add(program(status));
    findings.add(diskTool());
    if (status.usable()) {
      findings.add(acceleration(status));
    }
    return findings;
  }

  private static Finding program(HypervisorStatus status) {
    return status.usable()
        ? Finding.pass("qemu", "QEMU " + status.version())
        : Finding.fail("qemu", status.detail(), "install QEMU", "qemu-system-x86");
  }

  private Finding diskTool() {
    return commands
        .find(QemuImg.PROGRAM)
        .map(path -> Finding.pass("qemu-img", path.toString()))
        .orElseGet(
            () ->
                Finding.fail("qemu-img", "qemu-img is not installed", "install it", "qemu-utils"));
  }

  private static Finding acceleration(HypervisorStatus status) {
    if (status.accelerator() == null || status.accelerator().equals("kvm")) {
      return Finding.pass("kvm", status.detail());
    }
    boolean forbidden = Files.exists(KVM) && !Files.isWritable(KVM);
    return Finding.warn(
        "kvm",
        status.detail() + "; machines run under TCG, several times slower",
        forbidden
            ? "let your user use KVM: 'sudo usermod -aG kvm $USER', then log in again"
            : "enable hardware virtualization (in the firmware, or for this virtual machine) if you can");
  }
}
