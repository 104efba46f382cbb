// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.hypervisor;

import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a driver gives to {@link HypervisorContract}. Has a constructor without parameters: one test
 * makes a fixture in another process.
 */
public interface HypervisorFixture {
  /** Why the driver cannot be tried on this host, or empty: the tests are skipped with it. */
  Optional<String> hindrance();

  /**
   * A new instance of the driver, as a new daemon would make it: it shares nothing with an earlier
   * one but the files below a directory.
   *
   * @param home a directory for this test alone
   */
  Hypervisor hypervisor(Path home);

  /**
   * The configuration of a machine that boots something tiny, which writes {@link #consoleWord} to
   * its console and then stays. Nothing of it is shared with another machine: its kernel,
   * initramfs, disks, run directory, console log and port are its own, the files below {@code
   * home}. It has a root disk made by the driver, a network, and one forward from a free port of
   * 127.0.0.1. Its run directory exists and is empty, its console log does not exist. Paths SHOULD
   * have characters that the VMM gives a meaning. This one boots {@link HaltedGuest}.
   *
   * @param home an empty directory
   */
  default MachineConfig machine(Hypervisor hypervisor, Path home) throws IOException {
    return HaltedGuest.machine(hypervisor, home);
  }

  /** What that machine writes to its console. */
  default String consoleWord() {
    return HaltedGuest.WORD;
  }
}
