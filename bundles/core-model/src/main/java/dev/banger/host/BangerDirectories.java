// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.host;

import java.nio.file.Path;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Where one installation keeps what is its own. All exist, are owned by the daemon's user and are
 * closed to others (0700).
 */
@ProviderType
public interface BangerDirectories {
  /** What the person writes: {@code conf/} files. */
  Path configuration();

  /** What must not be lost: the database, images, kernels, machines, keys. */
  Path state();

  /** What can be made again: downloads, initramfs files, verdicts. */
  Path cache();

  /**
   * What does not outlive a reboot: sockets. Short enough for the names of Unix sockets (108
   * bytes).
   */
  Path run();
}
