// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.lifecycle.LifecycleContext;
import net.jqwik.api.lifecycle.SkipExecutionHook;

/** An image mounted by the kernel. */
final class LoopMount implements AutoCloseable {
  static final String NEEDED = "this user cannot loop-mount ext4 here";

  private static final boolean POSSIBLE = probe();

  private final Path directory;

  private LoopMount(Path directory) {
    this.directory = directory;
  }

  private static boolean probe() {
    try {
      Path home = Files.createTempDirectory("loop-probe");
      Path image = home.resolve("image");
      try (Ext4ImageWriter writer =
          Ext4ImageWriter.create(image, Ext4Options.ofSize(Ext4Options.MIN_SIZE).build())) {
        writer.finish();
      }
      Path point = Files.createDirectory(home.resolve("mount"));
      boolean mounted =
          Command.exists("mount")
              && Command.run("mount", "-o", "loop,ro", image.toString(), point.toString()).exit()
                  == 0;
      if (mounted) {
        Command.output("umount", point.toString());
      }
      Files.delete(point);
      Files.delete(image);
      Files.delete(home);
      return mounted;
    } catch (IOException e) {
      return false;
    }
  }

  static boolean isPossible() {
    return POSSIBLE;
  }

  static void assumePossible() {
    assumeTrue(POSSIBLE, NEEDED);
  }

  static LoopMount readOnly(Path image) throws IOException {
    return mount(image, "loop,ro");
  }

  static LoopMount writable(Path image) throws IOException {
    return mount(image, "loop");
  }

  private static LoopMount mount(Path image, String options) throws IOException {
    Path directory = Files.createTempDirectory("mount");
    Command mount =
        Command.run("mount", "-t", "ext4", "-o", options, image.toString(), directory.toString());
    assertThat(mount.exit()).as("%s", mount).isZero();
    return new LoopMount(directory);
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() throws IOException {
    Command.output("umount", directory.toString());
    Files.delete(directory);
  }

  /** Skips jqwik's properties where nothing can be mounted. */
  static final class Needed implements SkipExecutionHook {
    @Override
    public SkipResult shouldBeSkipped(LifecycleContext context) {
      return POSSIBLE ? SkipResult.doNotSkip() : SkipResult.skip(NEEDED);
    }
  }
}
