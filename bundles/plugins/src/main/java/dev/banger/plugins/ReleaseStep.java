// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.util.Optional;

/** One part of an update that is made while the daemon runs. */
interface ReleaseStep {
  /** What it is about, for a person. */
  String name();

  /**
   * Brings the new one in. When that fails, the previous one is back.
   *
   * @return why it failed; empty when it is done
   */
  Optional<String> make();

  /**
   * Returns to the previous one.
   *
   * @return why it is not whole; empty when it is
   */
  Optional<String> undo();
}
