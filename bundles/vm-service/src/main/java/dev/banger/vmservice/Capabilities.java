// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Cleanup;
import dev.banger.capability.GuestConfigContributor;
import dev.banger.capability.HostPreparer;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.capability.PostStart;
import dev.banger.capability.StartPrerequisites;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** The capabilities that are there, which come and go while machines run. */
@Component(service = Capabilities.class)
public final class Capabilities {
  @Reference(policyOption = ReferencePolicyOption.GREEDY)
  private volatile List<Map.Entry<Map<String, Object>, StartPrerequisites>> prerequisites =
      List.of();

  @Reference(policyOption = ReferencePolicyOption.GREEDY)
  private volatile List<Map.Entry<Map<String, Object>, GuestConfigContributor>> guestConfig =
      List.of();

  @Reference(policyOption = ReferencePolicyOption.GREEDY)
  private volatile List<Map.Entry<Map<String, Object>, MachineConfigContributor>> machineConfig =
      List.of();

  @Reference(policyOption = ReferencePolicyOption.GREEDY)
  private volatile List<Map.Entry<Map<String, Object>, HostPreparer>> hostPreparers = List.of();

  @Reference(policyOption = ReferencePolicyOption.GREEDY)
  private volatile List<Map.Entry<Map<String, Object>, PostStart>> postStart = List.of();

  @Reference(policyOption = ReferencePolicyOption.GREEDY)
  private volatile List<Map.Entry<Map<String, Object>, Cleanup>> cleanups = List.of();

  private final CapabilitySet fixed;

  @Activate
  public Capabilities() {
    this(null);
  }

  /** Without a service registry: a set that never changes. */
  Capabilities(CapabilitySet fixed) {
    this.fixed = fixed;
  }

  /** Those that are there now. */
  CapabilitySet snapshot() {
    if (fixed != null) {
      return fixed;
    }
    return new CapabilitySet(
        ServiceOrder.ranked(prerequisites),
        ServiceOrder.ranked(guestConfig),
        ServiceOrder.ranked(machineConfig),
        ServiceOrder.ranked(hostPreparers),
        ServiceOrder.ranked(postStart),
        ServiceOrder.ranked(cleanups));
  }
}
