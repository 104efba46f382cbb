// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Capability;
import dev.banger.capability.Cleanup;
import dev.banger.capability.ConfigChange;
import dev.banger.capability.GuestConfigContributor;
import dev.banger.capability.HostPreparer;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.capability.PostStart;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The capabilities that one start sees from its beginning to its end.
 *
 * @param services in calling order
 */
record CapabilitySet(List<Hook<?>> services) {
  CapabilitySet {
    services = List.copyOf(services);
  }

  /** A kind of hook, in calling order. */
  <T extends Capability> List<Hook<T>> of(Class<T> type) {
    return services.stream().map(service -> service.as(type)).flatMap(Optional::stream).toList();
  }

  /** Those that have to do with a machine. */
  CapabilitySet concerning(Vm vm) {
    return new CapabilitySet(services.stream().filter(hook -> hook.concerns(vm)).toList());
  }

  /** The capabilities that a start applies and that leave something to clean up, in order. */
  List<String> applied() {
    return leaving(
        HostPreparer.class,
        GuestConfigContributor.class,
        MachineConfigContributor.class,
        PostStart.class);
  }

  /** Those of them that have an effect on a machine that runs already. */
  List<String> appliedLate() {
    return leaving(PostStart.class, ConfigChange.class);
  }

  private List<String> leaving(Class<?>... hooks) {
    return services.stream()
        .filter(each -> Stream.of(hooks).anyMatch(hook -> hook.isInstance(each.service())))
        .map(Hook::capability)
        .filter(this::canCleanUp)
        .distinct()
        .toList();
  }

  /** Whether what a record names can be cleaned up; its other hooks are not enough for that. */
  boolean canCleanUp(String capability) {
    return !cleanupsOf(capability).isEmpty();
  }

  /** All capabilities that are there. */
  List<String> names() {
    return services.stream().<String>map(Hook::capability).distinct().sorted().toList();
  }

  /** The clean-up hooks of a capability. */
  List<Hook<Cleanup>> cleanupsOf(String capability) {
    return of(Cleanup.class).stream().filter(hook -> hook.capability().equals(capability)).toList();
  }

  /** Whether a capability is there, whichever hooks it has. */
  boolean knows(String capability) {
    return services.stream().anyMatch(hook -> hook.capability().equals(capability));
  }
}
