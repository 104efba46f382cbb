// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

/** A capability that keeps its promises passes all tests of the contract. */
class CapabilityContractTest extends CapabilityContract {
  @Override
  protected CapabilityFixture fixture() {
    return new Notes();
  }
}
