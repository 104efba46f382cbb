// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import dev.banger.capability.Cleanup;
import dev.banger.capability.ConfigChange;
import dev.banger.capability.GuestConfigContributor;
import dev.banger.capability.HostPreparer;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.capability.PostStart;
import dev.banger.capability.StartPrerequisites;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestConfig;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;

/** A capability that keeps all promises: it notes what it is told, on the host and in the guest. */
class NoteCapability
    implements StartPrerequisites,
        HostPreparer,
        GuestConfigContributor,
        MachineConfigContributor,
        PostStart,
        ConfigChange,
        Cleanup {
  final Notes notes;

  NoteCapability(Notes notes) {
    this.notes = notes;
  }

  @Override
  public String capability() {
    return "note";
  }

  @Override
  public void checkStart(Vm vm, Operation operation) {}

  @Override
  public void prepareHost(Vm vm, Operation operation) {
    notes.keep(vm, "prepared");
  }

  @Override
  public void contribute(Vm vm, GuestConfig.Additions additions, Operation operation) {
    additions.unit("note.service", "[Service]\nExecStart=/bin/true\n");
  }

  @Override
  public void contribute(Vm vm, MachineConfig.Additions additions, Operation operation) {
    additions.kernelArgument("note=" + vm.name());
  }

  @Override
  public void started(Vm vm, boolean late, Operation operation) {
    notes.keep(vm, "started");
    notes.run(vm, operation, "tee", "/run/note");
  }

  @Override
  public void changed(Vm before, Vm after, Operation operation) {
    if (!before.name().equals(after.name())) {
      notes.keep(after, "renamed");
    }
  }

  @Override
  public void cleanUp(Vm vm, Operation operation) {
    notes.remove(vm);
    try {
      notes.run(vm, operation, "rm", "-f", "/run/note");
    } catch (BangerException e) {
      if (e.code() != ErrorCode.NOT_RUNNING) {
        throw e;
      }
    }
  }
}
