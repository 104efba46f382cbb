// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.banger.ext4.Ext4Options;
import dev.banger.operation.Operation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** What tests of whole images share: layers in memory, a place for the image, ways to look in. */
abstract class LayeredImageFixture {
  static final long MIB = 1L << 20;

  static final Ext4Options SMALL =
      LayeredImage.options(16 * MIB, "sha256:test").journalBlocks(0).sync(false).build();

  @TempDir Path home;

  @BeforeAll
  static void needsE2fsprogs() {
    HostTool.assume("e2fsck", "debugfs");
  }

  static TarBytes tar() {
    return new TarBytes();
  }

  static Layer layer(byte[] bytes) {
    return Layer.of(() -> new ByteArrayInputStream(bytes), Compression.NONE);
  }

  static List<Layer> layers(byte[]... tars) {
    List<Layer> layers = new ArrayList<>();
    for (byte[] tar : tars) {
      layers.add(layer(tar));
    }
    return layers;
  }

  Path file() {
    return home.resolve("image-" + System.nanoTime());
  }

  /** Writes an image and checks it with e2fsck. */
  Path image(LayeredImage writer, List<Layer> layers) throws IOException {
    Path file = file();
    writer.write(layers, file, Operation.background());
    HostTool.assertConsistent(file);
    return file;
  }

  Path image(byte[]... tars) throws IOException {
    return image(LayeredImage.of(SMALL), layers(tars));
  }

  static String stat(Path image, String path) {
    return HostTool.debugfs(image, "stat \"" + path + "\"");
  }

  static boolean exists(Path image, String path) {
    String stat = HostTool.run("debugfs", "-R", "stat \"" + path + "\"", image.toString()).output();
    return stat.contains("Inode: ");
  }

  static String cat(Path image, String path) {
    return HostTool.debugfs(image, "cat \"" + path + "\"");
  }

  static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
