// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file system of the host's static busybox without an init: a machine of it boots in seconds. */
final class TinyImage {
  /** By this name it is known to the installation. */
  static final String NAME = "tiny";

  private static final Path BUSYBOX = Path.of("/bin/busybox");

  private TinyImage() {}

  /**
   * Gives an installation the image.
   *
   * @param scratch a directory that is not there
   */
  static void into(Home home, Path scratch) throws IOException, InterruptedException {
    if (!Files.isExecutable(BUSYBOX)) {
      throw new IllegalStateException("busybox-static is not installed");
    }
    Path tree = scratch.resolve("tree");
    Path bin = Files.createDirectories(tree.resolve("bin"));
    HostTool.require("cp").run(BUSYBOX.toString(), bin.resolve("busybox").toString());
    for (String applet : List.of("sh", "cat", "true", "sync", "mount", "tee", "rm", "sleep")) {
      Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
    }
    for (String place : List.of("dev", "etc", "proc", "root", "run", "sys", "tmp", "var")) {
      Files.createDirectory(tree.resolve(place));
    }
    Path archive = scratch.resolve("tiny.tar");
    HostTool.require("tar").run("-C", tree.toString(), "-cf", archive.toString(), ".");
    home.banger("image", "import", archive.toString(), "--name", NAME);
    TemporaryDirectory.remove(scratch);
  }
}
