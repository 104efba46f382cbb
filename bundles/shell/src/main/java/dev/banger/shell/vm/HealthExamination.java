// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.guest.GuestService;
import dev.banger.guest.GuestStatistics;
import dev.banger.guest.GuestStatistics.FileSystem;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.shell.grammar.Sizes;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.vm.VmStatistics;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks at a VM layer by layer, the process that runs it first. What a layer that fails hides is
 * left out.
 */
final class HealthExamination {
  private static final Duration GREETING_LIMIT = Duration.ofSeconds(5);
  private static final double ENOUGH = 0.1;

  private final VmService vms;
  private final AgentPing agents;

  HealthExamination(VmService vms, GuestService guests) {
    this.vms = vms;
    this.agents = new AgentPing(guests);
  }

  VmHealth examine(Vm vm, Operation operation) {
    VmStatistics now = vms.statistics(vm.id(), operation);
    List<Finding> findings = new ArrayList<>();
    findings.add(vmm(now));
    if (now.machine() != null) {
      findings.add(agent(vm, operation));
      findings.add(ssh(vm, operation));
      if (now.guest() != null) {
        now.guest().fileSystems().forEach(each -> findings.add(disk(vm, each)));
        findings.add(memory(vm, now.guest()));
      }
    }
    return VmHealth.of(vm, findings);
  }

  private static Finding vmm(VmStatistics now) {
    Vm vm = now.vm();
    MachineHandle handle = vm.machine();
    if (now.machine() == null || handle == null) {
      return Finding.fail(
          "vmm",
          "it does not run" + (vm.lastError() == null ? "" : ": " + vm.lastError()),
          "start it with 'banger vm start "
              + vm.name()
              + "'; 'banger vm explain "
              + vm.name()
              + "' tells what its last start did");
    }
    return Finding.pass(
        "vmm",
        handle.hypervisor() + " runs with " + handle.accelerator() + ", process " + handle.pid());
  }

  private Finding agent(Vm vm, Operation operation) {
    try {
      return Finding.pass("agent", "answers in " + agents.roundTrip(vm, operation));
    } catch (BangerException e) {
      operation.check();
      return Finding.fail(
          "agent",
          e.getMessage(),
          "read what the guest wrote with 'banger vm logs "
              + vm.name()
              + "'; 'banger vm restart "
              + vm.name()
              + "' begins anew");
    }
  }

  private static Finding ssh(Vm vm, Operation operation) {
    String host = vm.network().sshHost();
    int port = vm.network().sshPort();
    try {
      return Finding.pass(
          "ssh",
          host
              + ":"
              + port
              + " greets: "
              + SshGreeting.read(host, port, GREETING_LIMIT, operation));
    } catch (IOException | BangerException e) {
      operation.check();
      return Finding.fail(
          "ssh",
          "no ssh server greets at " + host + ":" + port + ": " + e.getMessage(),
          "a guest that has just started needs a moment; 'banger vm exec "
              + vm.name()
              + " -- …' needs no ssh server");
    }
  }

  private static Finding disk(Vm vm, FileSystem disk) {
    String detail = free(disk.freeBytes(), disk.totalBytes()) + " free in " + disk.path();
    if (isEnough(disk.freeBytes(), disk.totalBytes())) {
      return Finding.pass("disk", detail);
    }
    String option = disk.path().equals("/") ? "--disk-size" : "--work-disk-size";
    return Finding.warn(
        "disk",
        detail,
        "delete something there, or grow it while it is used: 'banger vm set "
            + vm.name()
            + " "
            + option
            + " …'");
  }

  private static Finding memory(Vm vm, GuestStatistics guest) {
    String detail = free(guest.memoryAvailableBytes(), guest.memoryTotalBytes()) + " available";
    return isEnough(guest.memoryAvailableBytes(), guest.memoryTotalBytes())
        ? Finding.pass("memory", detail)
        : Finding.warn(
            "memory",
            detail,
            "end something in it, or stop it and give it more: 'banger vm set "
                + vm.name()
                + " --memory …'");
  }

  private static boolean isEnough(long free, long total) {
    return free >= ENOUGH * total;
  }

  private static String free(long free, long total) {
    return Sizes.format(free) + " of " + Sizes.format(total);
  }
}
