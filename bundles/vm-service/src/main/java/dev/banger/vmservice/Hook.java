// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Capability;
import dev.banger.vm.Vm;
import java.util.Optional;

/**
 * A service of a capability, and where it comes from.
 *
 * @param <T> the hook as which it is used
 * @param capability the capability's name, read once: a plugin's answer may change or fail
 * @param target the machines it concerns
 * @param bundle the symbolic name of its bundle
 * @param version the bundle's version
 */
record Hook<T extends Capability>(
    T service, String capability, Target target, String bundle, String version) {

  /** The same as another hook, if the service implements it. */
  <S extends Capability> Optional<Hook<S>> as(Class<S> type) {
    return type.isInstance(service)
        ? Optional.of(new Hook<>(type.cast(service), capability, target, bundle, version))
        : Optional.empty();
  }

  /** Whether the capability has to do with a machine. */
  boolean concerns(Vm vm) {
    return target.concerns(vm);
  }

  /** The capability and its bundle, in words for a person. */
  String label() {
    return "the capability %s (bundle %s %s)".formatted(capability, bundle, version);
  }
}
