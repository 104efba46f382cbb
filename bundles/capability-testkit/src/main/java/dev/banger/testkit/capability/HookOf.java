// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import dev.banger.capability.Capability;
import dev.banger.capability.Cleanup;
import dev.banger.capability.ConfigChange;
import dev.banger.capability.GuestConfigContributor;
import dev.banger.capability.HostPreparer;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.capability.PostStart;
import dev.banger.capability.StartPrerequisites;
import dev.banger.guest.GuestConfig;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A method of a hook that a service has.
 *
 * @param service the service
 * @param name the hook's name, and the method's if it has several
 * @param makes whether it may leave traces of a machine
 * @param call calls it for a running machine
 */
record HookOf(Capability service, String name, boolean makes, Call call) {
  /** What a hook is called with. */
  @FunctionalInterface
  interface Call {
    void of(Vm vm, Operation operation);
  }

  /** Those of a service, in calling order. */
  static List<HookOf> all(Capability service) {
    List<HookOf> hooks = new ArrayList<>();
    if (service instanceof StartPrerequisites hook) {
      hooks.add(new HookOf(service, "StartPrerequisites", false, hook::checkStart));
    }
    if (service instanceof HostPreparer hook) {
      hooks.add(new HookOf(service, "HostPreparer", true, hook::prepareHost));
    }
    if (service instanceof GuestConfigContributor hook) {
      hooks.add(
          new HookOf(
              service,
              "GuestConfigContributor",
              false,
              (vm, operation) -> hook.contribute(vm, new GuestConfig.Additions(), operation)));
    }
    if (service instanceof MachineConfigContributor hook) {
      hooks.add(
          new HookOf(
              service,
              "MachineConfigContributor",
              false,
              (vm, operation) -> hook.contribute(vm, new MachineConfig.Additions(), operation)));
    }
    if (service instanceof PostStart hook) {
      hooks.add(
          new HookOf(
              service, "PostStart", true, (vm, operation) -> hook.started(vm, true, operation)));
    }
    if (service instanceof ConfigChange hook) {
      hooks.add(
          new HookOf(
              service,
              "ConfigChange.checkChange",
              false,
              (vm, operation) -> hook.checkChange(vm, relabelled(vm), operation)));
      hooks.add(
          new HookOf(
              service,
              "ConfigChange.prepareChange",
              true,
              (vm, operation) -> hook.prepareChange(vm, relabelled(vm), operation)));
      hooks.add(
          new HookOf(
              service,
              "ConfigChange.changed",
              true,
              (vm, operation) -> hook.changed(vm, relabelled(vm), operation)));
    }
    if (service instanceof Cleanup hook) {
      hooks.add(new HookOf(service, "Cleanup", false, hook::cleanUp));
    }
    return hooks;
  }

  /** A machine with a label more, which no capability knows. */
  static Vm relabelled(Vm vm) {
    Map<String, String> labels = new TreeMap<>(vm.labels());
    labels.put("example.org/unrelated", "yes");
    return vm.withLabels(labels);
  }

  /**
   * Calls it in a thread of its own, within the operation, which has a deadline.
   *
   * @throws AssertionError when it does not return soon after the operation has ended
   */
  void run(Vm vm, Operation operation) {
    new HookCall(service, name, operation).run(limited -> call.of(vm, limited));
  }
}
