// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.webconsole;

import dev.banger.host.BangerDirectories;
import java.nio.file.Path;

/** What the web console keeps. */
final class ConsoleFiles {
  private ConsoleFiles() {}

  static Path password(BangerDirectories directories) {
    return directories.state().resolve("webconsole").resolve("password");
  }
}
