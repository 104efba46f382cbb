// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.workdisk;

import dev.banger.capability.CapabilityTarget;
import dev.banger.capability.ConfigChange;
import dev.banger.capability.GuestConfigContributor;
import dev.banger.capability.HostPreparer;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestService;
import dev.banger.guest.Mount;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.image.ImageService;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.nio.file.Files;
import java.util.List;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * Gives a guest the home of root on a disk of its own: made of the image's work seed before the
 * first start, kept by a reset, grown with the machine's configuration. The machine's directory
 * holds it, so that there is nothing to clean up.
 *
 * <p>The services that it works with are optional: one that is being updated must not take the
 * capability away from machines that run.
 */
@Component
@CapabilityTarget("(workDiskBytes>=1)")
public final class WorkDiskCapability
    implements HostPreparer, GuestConfigContributor, MachineConfigContributor, ConfigChange {
  @Reference(policyOption = ReferencePolicyOption.GREEDY)
  volatile List<Hypervisor> hypervisors = List.of();

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile ImageService images;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile GuestService guests;

  @Override
  public String capability() {
    return "work-disk";
  }

  @Override
  public void prepareHost(Vm vm, Operation operation) {
    if (Files.exists(vm.files().workDisk())) {
      return;
    }
    operation.progress().stage("work_disk", "making the work disk");
    WorkDisk.make(vm, require(images, "images").find(vm.imageId()), operation);
  }

  @Override
  public void contribute(Vm vm, GuestConfig.Additions additions, Operation operation) {
    additions.mount(new Mount(WorkDisk.SERIAL, WorkDisk.MOUNT_POINT));
  }

  @Override
  public void contribute(Vm vm, MachineConfig.Additions additions, Operation operation) {
    additions.disk(WorkDisk.of(vm));
  }

  @Override
  public void prepareChange(Vm before, Vm after, Operation operation) {
    if (after.spec().workDiskBytes() > before.spec().workDiskBytes()) {
      new WorkDiskGrowth(hypervisor(after), require(guests, "guests")).grow(after, operation);
    }
  }

  private Hypervisor hypervisor(Vm vm) {
    return hypervisors.stream()
        .filter(each -> each.name().equals(vm.hypervisor()))
        .findFirst()
        .orElseThrow(() -> absent("hypervisor " + vm.hypervisor()));
  }

  private static <T> T require(T service, String name) {
    if (service == null) {
      throw absent("service for " + name);
    }
    return service;
  }

  private static BangerException absent(String what) {
    return new BangerException(
        ErrorCode.UNAVAILABLE,
        "the %s is not there, and the work disk needs it; repeat the command in a moment, and see banger doctor"
            .formatted(what));
  }
}
