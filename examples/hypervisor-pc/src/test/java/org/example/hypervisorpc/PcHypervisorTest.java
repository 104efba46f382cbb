// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.hypervisor.HypervisorStatus;
import dev.banger.operation.Operation;
import dev.banger.testkit.PlainHostCommands;
import dev.banger.testkit.hypervisor.HypervisorContract;
import dev.banger.testkit.hypervisor.HypervisorFixture;
import org.junit.jupiter.api.Test;

/** The promises of a hypervisor, kept by PCs. */
class PcHypervisorTest extends HypervisorContract {
  @Override
  protected HypervisorFixture fixture() {
    return new PcFixture();
  }

  @Test
  void without_qemu_it_says_what_to_install() {
    HypervisorStatus status =
        new PcHypervisor(new PlainHostCommands(), "no-such-qemu", "tcg")
            .status(Operation.background());

    assertThat(status.usable()).isFalse();
    assertThat(status.detail()).contains("no-such-qemu").contains("install");
  }
}
