// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** What tests of whole images share: a place for the image and short ways to write entries. */
abstract class Ext4ImageTest {
  static final Instant TIME = Instant.parse("2024-02-29T12:34:56.123456789Z");
  static final Ext4Metadata PLAIN = Ext4Metadata.of(0644, 0, 0, TIME);
  static final Ext4Metadata OPEN = Ext4Metadata.of(0755, 0, 0, TIME);
  static final long MIB = 1L << 20;

  @TempDir Path home;

  @BeforeAll
  static void needsE2fsprogs() {
    Oracle.assumeE2fsprogs();
  }

  /** Says what goes into an image. */
  interface Entries {
    void writeTo(Ext4ImageWriter writer) throws IOException;
  }

  Path image(Entries entries) throws IOException {
    return image(Ext4Options.ofSize(64 * MIB).build(), entries);
  }

  /** Makes an image and checks it with e2fsck. */
  Path image(Ext4Options options, Entries entries) throws IOException {
    Path image = home.resolve("image-" + System.nanoTime());
    try (Ext4ImageWriter writer = Ext4ImageWriter.create(image, options)) {
      entries.writeTo(writer);
      writer.finish();
    }
    Oracle.assertConsistent(image);
    return image;
  }

  static Ext4Path path(String path) throws IOException {
    return Ext4Path.of(path);
  }

  static void file(Ext4ImageWriter writer, String path, String content) throws IOException {
    byte[] bytes = content.getBytes(UTF_8);
    writer.file(path(path), PLAIN, bytes.length, new ByteArrayInputStream(bytes));
  }

  static void empty(Ext4ImageWriter writer, String path) throws IOException {
    writer.file(path(path), PLAIN, 0, InputStream.nullInputStream());
  }
}
