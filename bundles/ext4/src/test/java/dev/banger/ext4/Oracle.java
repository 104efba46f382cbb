// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;

/** What e2fsprogs say about an image. */
final class Oracle {
  private Oracle() {}

  static void assumeE2fsprogs() {
    for (String tool : List.of("e2fsck", "debugfs", "dumpe2fs", "resize2fs")) {
      assumeTrue(Command.exists(tool), () -> tool + " of e2fsprogs is not installed");
    }
  }

  /** e2fsck finds nothing to say beyond its passes and its summary. */
  static void assertConsistent(Path image) {
    Command check = Command.run("e2fsck", "-fn", image.toString());
    List<String> remarks =
        check.output().lines().filter(line -> !line.startsWith("Pass ")).toList();
    assertThat(check.exit()).as("%s", check).isZero();
    assertThat(remarks).as("e2fsck's remarks").hasSize(1);
    assertThat(remarks.get(0)).matches(".*: \\d+/\\d+ files .*, \\d+/\\d+ blocks");
  }

  static String debugfs(Path image, String request) {
    return Command.output("debugfs", "-R", request, image.toString());
  }

  static String dumpe2fs(Path image) {
    return Command.output("dumpe2fs", image.toString());
  }
}
