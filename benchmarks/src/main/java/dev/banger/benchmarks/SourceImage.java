// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * An image that others' tools make of generated files: as many bytes in small files as in large
 * ones, which gzip makes about half as long.
 */
final class SourceImage {
  private static final int LAYERS = 4;
  private static final int SMALLEST = 1 << 10;
  private static final int SMALL = 32 << 10;
  private static final int LARGE = 8 << 20;
  private static final int FILES_IN_DIRECTORY = 100;
  // What gzip takes for a match lies less than 32 KiB back.
  private static final int WINDOW = 16 << 10;
  private static final int LONGEST_RUN = 64;

  private final SplittableRandom random;
  private final byte[] content = new byte[LARGE];

  private SourceImage(long seed) {
    random = new SplittableRandom(seed);
  }

  /**
   * Makes an image and hands it to a registry.
   *
   * @param seed images of other seeds share nothing
   * @param bytes of all files together
   * @param scratch a directory that is not there; it is gone afterwards
   * @param reference the image's name in the registry
   */
  static void push(long seed, long bytes, Path scratch, String reference)
      throws IOException, InterruptedException {
    HostTool umoci = HostTool.require("umoci");
    String layout = scratch.resolve("layout").toString();
    String image = layout + ":latest";
    Files.createDirectories(scratch);
    umoci.run("init", "--layout", layout);
    umoci.run("new", "--image", image);
    SourceImage source = new SourceImage(seed);
    Path tar = scratch.resolve("layer.tar");
    for (int i = 0; i < LAYERS; i++) {
      Path files = scratch.resolve("files");
      source.write(files.resolve("srv/layer-" + i), bytes / LAYERS);
      pack(files, tar);
      TemporaryDirectory.remove(files);
      umoci.run("raw", "add-layer", "--image", image, tar.toString());
    }
    HostTool.require("skopeo")
        .run(
            "--insecure-policy",
            "copy",
            "-q",
            "--dest-tls-verify=false",
            "oci:" + image,
            "docker://" + reference);
    TemporaryDirectory.remove(scratch);
  }

  /** By tar, because the tars of umoci 0.4.7's insert end without their padding. */
  private static void pack(Path files, Path tar) throws IOException, InterruptedException {
    HostTool.require("tar")
        .run(
            "--sort=name",
            "--mtime=@0",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "-cf",
            tar.toString(),
            "-C",
            files.toString(),
            ".");
  }

  private void write(Path root, long bytes) throws IOException {
    int number = 0;
    for (long left = bytes / 2; left > 0; number++) {
      int length = (int) Math.min(left, random.nextInt(SMALLEST, SMALL));
      Path directory = root.resolve("small-" + number / FILES_IN_DIRECTORY);
      Files.createDirectories(directory);
      write(directory.resolve("file-" + number), length);
      left -= length;
    }
    for (long left = bytes / 2; left > 0; number++) {
      int length = (int) Math.min(left, LARGE);
      write(root.resolve("large-" + number), length);
      left -= length;
    }
  }

  private void write(Path file, int length) throws IOException {
    generate(length);
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(content, 0, length);
    }
  }

  /** As many new bytes as copied ones, in turns of runs of different lengths. */
  private void generate(int length) {
    for (int at = 0; at < length; ) {
      int end = Math.min(length, at + random.nextInt(1, LONGEST_RUN));
      while (at < end) {
        content[at++] = (byte) random.nextInt();
      }
      int back = random.nextInt(1, Math.min(at, WINDOW) + 1);
      end = Math.min(length, at + random.nextInt(1, LONGEST_RUN));
      while (at < end) {
        content[at] = content[at - back];
        at++;
      }
    }
  }
}
