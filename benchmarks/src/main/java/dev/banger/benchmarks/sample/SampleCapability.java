// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks.sample;

import dev.banger.capability.Cleanup;
import dev.banger.capability.PostStart;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.util.Map;

/** A capability that does nothing: what a plugin costs by being there. */
public final class SampleCapability implements PostStart, Cleanup {
  private final String name;

  /**
   * @param properties those of the component: its name is {@code sample}
   */
  public SampleCapability(Map<String, Object> properties) {
    this.name = properties.get("sample").toString();
  }

  @Override
  public String capability() {
    return name;
  }

  @Override
  public void started(Vm vm, boolean late, Operation operation) {
    // Nothing is to be done in the guest.
  }

  @Override
  public void cleanUp(Vm vm, Operation operation) {
    // Nothing was done.
  }
}
