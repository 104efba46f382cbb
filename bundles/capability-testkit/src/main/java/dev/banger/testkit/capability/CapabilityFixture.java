// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import dev.banger.capability.Capability;
import dev.banger.testkit.VmBuilder;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What the author of a capability gives to {@link CapabilityContract}: the capability, and the
 * world that it works on, which is a fake.
 */
@ConsumerType
public interface CapabilityFixture {
  /**
   * New instances of all services of the capability, highest ranking first, as a new daemon would
   * make them: they know nothing of what earlier ones did, but work on the same world.
   */
  List<? extends Capability> services();

  /**
   * What the capability has made for a machine in the world, and what there is of it: text of
   * files, published ports, rules. Equal values mean that nothing has changed.
   */
  Object traces(Vm vm);

  /**
   * A machine that the capability concerns and has something to do for; not running.
   *
   * @param name its name
   */
  default Vm machine(String name) {
    return VmBuilder.vm(name).build();
  }

  /** Called when a machine runs from now on: its guest answers, its ports are published. */
  default void boot(Started started) {}

  /** Called when the run of a machine has ended. */
  default void end(Vm vm) {}

  /** Called when the world is to hang: whatever the capability calls waits for its operation. */
  default void hang() {}

  /** Ids of the machines that the world was asked about so far. */
  default Set<String> asked() {
    return Set.of();
  }
}
