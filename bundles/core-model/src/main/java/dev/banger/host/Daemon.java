// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.host;

import org.osgi.annotation.versioning.ProviderType;

/** The daemon itself. */
@ProviderType
public interface Daemon {
  /** How it is doing. */
  DaemonStatus status();

  /** Stops it, after the call that asked for it has been answered. Machines keep running. */
  void stop();
}
