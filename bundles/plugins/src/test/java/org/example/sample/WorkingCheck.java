// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import java.util.List;

/** A component that works. */
public final class WorkingCheck implements DoctorCheck {
  @Override
  public List<Finding> examine(Operation operation) {
    return List.of();
  }
}
