// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

import dev.banger.operation.Operation;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Prepares a bundle for its update while all that it uses is still there. A bundle may register any
 * number as services.
 */
@ConsumerType
public interface Drain {
  /**
   * Takes no more work, and returns at once. Whoever comes now waits for the next version. May be
   * called by a thread that is part of the work that it has begun.
   */
  void pause();

  /**
   * Returns when what it has begun is done, or when the operation's deadline is near. The bundle is
   * stopped next, whatever has happened here.
   */
  void drain(Operation operation);
}
