// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.Vm;
import dev.banger.vm.VmSpec;
import java.time.Duration;
import java.util.Collection;

/**
 * The capabilities without which a machine would not be what was asked for. Each method throws
 * UNAVAILABLE when one is not there and does not come soon.
 */
final class RequiredCapabilities {
  private static final String PORT_FORWARD = "port-forward";
  private static final String WORK_DISK = "work-disk";

  /** While the daemon starts or the bundle is updated the capability is missing for a moment. */
  private static final Duration ARRIVAL = Duration.ofSeconds(2);

  private static final Duration PAUSE = Duration.ofMillis(10);

  private final Capabilities capabilities;
  private final Operation operation;

  RequiredCapabilities(Capabilities capabilities, Operation operation) {
    this.capabilities = capabilities;
    this.operation = operation;
  }

  /** Returns when a machine can be created as it is asked for. */
  void forRequest(CreateVm request) {
    forPorts(request.ports());
    if (request.workDiskBytes() != null && request.workDiskBytes() > 0) {
      require(WORK_DISK, "a work disk was asked for");
    }
  }

  /** Returns when a machine can be started as it is recorded. */
  void forMachine(Vm vm) {
    forPorts(vm.ports());
    if (vm.spec().workDiskBytes() > 0) {
      require(WORK_DISK, "vm \"%s\" has a work disk".formatted(vm.name()));
    }
  }

  /**
   * Returns when ports can be published.
   *
   * @param ports those that are to be; empty: nothing is required
   */
  void forPorts(Collection<?> ports) {
    if (!ports.isEmpty()) {
      require(PORT_FORWARD, "ports are to be published");
    }
  }

  /** The size of a new machine: without a work disk that nobody asked for and nobody can make. */
  VmSpec fitted(VmSpec spec, SizedSpec sized) {
    if (spec.workDiskBytes() == 0 || arrives(WORK_DISK)) {
      return spec;
    }
    if (sized.workDisk() == SizedSpec.Origin.FLAG) {
      throw absent(WORK_DISK, "a work disk was asked for");
    }
    return new VmSpec(spec.vcpus(), spec.memoryMib(), spec.diskBytes(), 0, spec.network());
  }

  private void require(String capability, String why) {
    if (!arrives(capability)) {
      throw absent(capability, why);
    }
  }

  private boolean arrives(String capability) {
    try {
      operation.within(ARRIVAL).await(() -> capabilities.snapshot().knows(capability), PAUSE);
      return true;
    } catch (BangerException e) {
      operation.check();
      return false;
    }
  }

  private static BangerException absent(String capability, String why) {
    return new BangerException(
        ErrorCode.UNAVAILABLE,
        "%s, and the capability %s is not there; put the bundle dev.banger.%s back, or do without"
            .formatted(why, capability, capability));
  }
}
