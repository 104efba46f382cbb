// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import java.util.List;

/** What the plugins of {@code PluginCommandsIT} consist of. */
public final class SampleCheck implements DoctorCheck {
  @Override
  public List<Finding> examine(Operation operation) {
    return List.of(Finding.pass("sample", "the sample is at work"));
  }
}
