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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Looks at a VM layer by layer, the process that runs it first. What a layer that fails hides is
 * left out.
 */
final class HealthExamination {
  private static final Duration GREETING_LIMIT = Duration.ofSeconds(5);
  private static final double ENOUGH = 0.1;

  /** With less than this left on the host, a guest's next write may find no space. */
  private static final long FULL = 1 << 20;

  private final VmService vms;
  private final AgentPing agents;
  private final ToLongFunction<Path> hostSpace;

  HealthExamination(VmService vms, GuestService guests) {
    this(vms, guests, HealthExamination::usableSpace);
  }

  HealthExamination(VmService vms, GuestService guests, ToLongFunction<Path> hostSpace) {
    this.vms = vms;
    this.agents = new AgentPing(guests);
    this.hostSpace = hostSpace;
  }

  private static long usableSpace(Path directory) {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE; // it is not known to be full
    }
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
      Path directory = vm.files().directory();
      if (hostSpace.applyAsLong(directory) < FULL) {
        return Finding.fail(
            "agent",
            e.getMessage() + "; the host's disk is full, and a guest that writes stands still",
            "free space where " + directory + " is: the guest goes on by itself");
      }
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
