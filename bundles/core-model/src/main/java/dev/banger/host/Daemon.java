// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.host;

import dev.banger.error.BangerException;
import org.osgi.annotation.versioning.ProviderType;

/** The daemon itself. */
@ProviderType
public interface Daemon {
  /** How it is doing. */
  DaemonStatus status();

  /**
   * Stops it, after the call that asked for it has been answered. Machines keep running.
   *
   * @throws BangerException IN_USE when its process is another program's, too
   */
  void stop();
}
