// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.CapabilityTarget;
import dev.banger.hypervisor.PortForward;
import dev.banger.vm.Vm;
import java.util.HashMap;
import java.util.Map;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;

/**
 * The machines that a capability concerns ({@link CapabilityTarget}). It is declared, so that
 * nothing of a plugin has to run to know it.
 */
final class Target {
  /** Every machine. */
  static final Target ALL = new Target(null);

  private final Filter filter;

  private Target(Filter filter) {
    this.filter = filter;
  }

  /**
   * That of a service.
   *
   * @throws IllegalArgumentException when its filter is none
   */
  static Target of(Map<String, Object> properties) {
    Object value = properties.get(CapabilityTarget.PROPERTY);
    if (value == null) {
      return ALL;
    }
    try {
      return new Target(FrameworkUtil.createFilter(value.toString()));
    } catch (InvalidSyntaxException e) {
      throw new IllegalArgumentException(
          CapabilityTarget.PROPERTY + " is no filter: " + e.getMessage(), e);
    }
  }

  boolean concerns(Vm vm) {
    return filter == null || filter.matches(properties(vm));
  }

  private static Map<String, Object> properties(Vm vm) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("name", vm.name());
    properties.put("image", vm.imageName());
    properties.put("hypervisor", vm.hypervisor());
    properties.put("vcpus", vm.spec().vcpus());
    properties.put("memoryMib", vm.spec().memoryMib());
    properties.put("diskBytes", vm.spec().diskBytes());
    properties.put("workDiskBytes", vm.spec().workDiskBytes());
    if (!vm.ports().isEmpty()) {
      properties.put("ports", vm.ports().stream().map(PortForward::hostPort).toList());
    }
    vm.labels().forEach((key, value) -> properties.put("label." + key, value));
    return properties;
  }
}
