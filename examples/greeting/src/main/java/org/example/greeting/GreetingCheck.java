// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.greeting;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import dev.banger.vm.VmService;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The row {@code greeting} of {@code banger doctor}. */
@Component
public final class GreetingCheck implements DoctorCheck {
  private final VmService machines;

  @Activate
  public GreetingCheck(@Reference VmService machines) {
    this.machines = machines;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    long greeting =
        machines.list().stream()
            .filter(vm -> vm.capabilities().contains(GreetingCapability.NAME))
            .count();
    return List.of(Finding.pass("greeting", greeting + " machines greet whoever logs in"));
  }
}
