// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.testkit.hypervisor.HypervisorContract;
import dev.banger.testkit.hypervisor.HypervisorFixture;

/** The promises of the hypervisor SPI, kept by QEMU. */
class QemuContractTest extends HypervisorContract {
  @Override
  protected HypervisorFixture fixture() {
    return new QemuFixture();
  }
}
