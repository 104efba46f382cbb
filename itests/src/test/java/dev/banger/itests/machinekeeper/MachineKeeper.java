// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests.machinekeeper;

import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.VmService;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/**
 * A bundle of somebody else, which knows banger by its API alone: has a machine called {@code kept}
 * as long as it is started.
 */
public final class MachineKeeper implements BundleActivator {
  private static final String MACHINE = "kept";

  @Override
  public void start(BundleContext context) {
    machines(context)
        .create(CreateVm.builder().name(MACHINE).image("tiny").build(), Operation.background());
  }

  @Override
  public void stop(BundleContext context) {
    machines(context).delete(MACHINE, Operation.background());
  }

  private static VmService machines(BundleContext context) {
    return context.getService(context.getServiceReference(VmService.class));
  }
}
