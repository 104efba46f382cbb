// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

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
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A capability with every hook, which makes one thing on the host for each machine. */
final class FakeCapability
    implements StartPrerequisites,
        GuestConfigContributor,
        MachineConfigContributor,
        HostPreparer,
        PostStart,
        Cleanup,
        ConfigChange {
  /** The machines for which there is something on the host. */
  final Set<String> prepared = ConcurrentHashMap.newKeySet();

  /** The changes that were told, by the names before and after. */
  final List<String> changes = new CopyOnWriteArrayList<>();

  volatile String name = "fake";

  /** What happens while the capability is asked for its consent to a change. */
  volatile Runnable beforeChange = () -> {};

  private final Faults faults;

  FakeCapability(Faults faults) {
    this.faults = faults;
  }

  @Override
  public String capability() {
    return name;
  }

  @Override
  public void checkStart(Vm vm, Operation operation) {
    faults.at("prerequisites");
  }

  @Override
  public void prepareHost(Vm vm, Operation operation) {
    prepared.add(vm.id());
    faults.at("prepare_host");
  }

  @Override
  public void contribute(Vm vm, GuestConfig.Additions additions, Operation operation) {
    faults.at("configuration_disk");
  }

  @Override
  public void contribute(Vm vm, MachineConfig.Additions additions, Operation operation) {
    faults.at("machine_config");
    additions.kernelArgument("fake=1");
  }

  @Override
  public void started(Vm vm, boolean late, Operation operation) {
    faults.at("post_start");
  }

  @Override
  public void checkChange(Vm before, Vm after, Operation operation) {
    faults.at("check_change");
    beforeChange.run();
  }

  @Override
  public void changed(Vm before, Vm after, Operation operation) {
    faults.at("config_change");
    changes.add(before.name() + " > " + after.name());
  }

  @Override
  public void cleanUp(Vm vm, Operation operation) {
    faults.at("clean_up");
    prepared.remove(vm.id());
  }
}
