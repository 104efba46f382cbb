// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.vm.PruneVms;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.time.Duration;
import java.time.Instant;

/** Which machines nobody misses. */
record Pruning(PruneVms selection, Instant now) {
  /** Whoever made a machine gets so long to start it. */
  private static final Duration NEW = Duration.ofHours(1);

  /** Whether a machine that is not being worked on is to be removed. */
  boolean selects(Vm vm) {
    return vm.state() != VmState.RUNNING
        && (vm.state() != VmState.CREATED || olderThan(NEW, vm.createdAt()))
        && (selection.unused() == null || olderThan(selection.unused(), lastUsed(vm)))
        && Labels.match(vm.labels(), selection.labels());
  }

  private static Instant lastUsed(Vm vm) {
    return vm.lastUsedAt() == null ? vm.createdAt() : vm.lastUsedAt();
  }

  private boolean olderThan(Duration age, Instant instant) {
    return instant.isBefore(now.minus(age));
  }
}
