// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A file system in memory, small enough to be filled. Only root may mount one. */
final class SmallDisk implements AutoCloseable {
  private final Path place;
  private final Path home;

  private SmallDisk(Path place) {
    this.place = place;
    this.home = place.resolve("home");
  }

  /**
   * Mounts one.
   *
   * @param size in the words of mount(8), such as {@code 40m}
   */
  static SmallDisk mount(String size) throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root may mount a file system");
    SmallDisk disk = new SmallDisk(Installation.temporaryHome());
    String options = "mode=0700,size=" + size;
    Outcome mount = outcome("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.place.toString());
    assumeTrue(mount.status() == 0, () -> "mounting is forbidden here: " + mount.stderr());
    Files.createDirectory(disk.home);
    return disk;
  }

  /** An empty directory for an installation. */
  Path home() {
    return home;
  }

  /** Writes until nothing more fits. */
  void fill() throws IOException {
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(place.resolve("fill"))) {
      while (place.toFile().getUsableSpace() > 0) {
        out.write(block);
      }
    }
  }

  void free() throws IOException {
    Files.delete(place.resolve("fill"));
  }

  /** Mounts it with other options, such as {@code ro}. */
  void change(String options) {
    run("mount", "-o", "remount," + options, place.toString());
  }

  @Override
  public void close() throws IOException {
    run("umount", place.toString());
    Files.delete(place);
  }

  private static void run(String... argv) {
    Outcome outcome = outcome(argv);
    assertThat(outcome.status()).as(outcome::toString).isZero();
  }

  private static Outcome outcome(String... argv) {
    return Running.start(List.of(argv), Path.of("/")).await(Duration.ofSeconds(60));
  }
}
