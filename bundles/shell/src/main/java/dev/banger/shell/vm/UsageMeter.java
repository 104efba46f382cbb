// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.vm.VmStatistics;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Measures what VMs use of the host's CPUs: from one measurement of a VM to the next, the first
 * time within a pause. Several VMs may be measured at a time.
 */
final class UsageMeter {
  private final VmService vms;
  private final Duration pause;
  private final Map<String, VmStatistics> latest = new ConcurrentHashMap<>();

  UsageMeter(VmService vms, Duration pause) {
    this.vms = vms;
    this.pause = pause;
  }

  VmUsage measure(Vm vm, Operation operation) {
    VmStatistics before = latest.get(vm.id());
    if (before == null || before.machine() == null) {
      before = vms.statistics(vm.id(), operation);
      if (before.machine() != null) {
        operation.pause(pause);
        operation.check();
      }
    }
    VmStatistics now = before.machine() == null ? before : vms.statistics(vm.id(), operation);
    latest.put(vm.id(), now);
    return usage(before, now);
  }

  private static VmUsage usage(VmStatistics before, VmStatistics now) {
    Duration interval = Duration.between(before.at(), now.at());
    boolean measured = sameRun(before, now) && interval.toMillis() > 0;
    return new VmUsage(
        now.vm().id(),
        now.vm().name(),
        now.vm().state(),
        now.at(),
        measured ? percent(before, now, interval) : null,
        measured ? interval : null,
        now.allocatedBytes(),
        now.machine(),
        now.guest(),
        now.guestError());
  }

  private static boolean sameRun(VmStatistics before, VmStatistics now) {
    MachineHandle first = before.vm().machine();
    MachineHandle second = now.vm().machine();
    return before.machine() != null
        && now.machine() != null
        && first != null
        && second != null
        && first.pid() == second.pid()
        && first.processStart() == second.processStart();
  }

  private static double percent(VmStatistics before, VmStatistics now, Duration interval) {
    Duration used = now.machine().processorTime().minus(before.machine().processorTime());
    return Math.round(1000.0 * used.toNanos() / interval.toNanos()) / 10.0;
  }
}
