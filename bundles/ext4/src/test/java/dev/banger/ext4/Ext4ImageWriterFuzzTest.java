// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Whatever is asked of the writer, it writes a consistent image or refuses. The build tries the
 * inputs kept beside; {@code JAZZER_FUZZ=1 mvn test -Dtest=Ext4ImageWriterFuzzTest} looks for more.
 */
class Ext4ImageWriterFuzzTest {
  private static final boolean CHECKED = Command.exists("e2fsck");

  private static final Ext4FileType[] TYPES = Ext4FileType.values();

  @FuzzTest(maxDuration = "5m")
  void any_calls_make_a_consistent_image_or_are_refused(FuzzedDataProvider data)
      throws IOException {
    Path image = Files.createTempFile("fuzz", ".ext4");
    Files.delete(image);
    Ext4Options options =
        Ext4Options.ofSize(2L << 20).journalBlocks(0).inodes(64).sync(false).maxDepth(6).build();
    try (Ext4ImageWriter writer = Ext4ImageWriter.create(image, options)) {
      try {
        while (data.remainingBytes() > 0) {
          call(writer, data);
        }
        writer.finish();
      } catch (Ext4Exception e) {
        assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
        return;
      }
      if (CHECKED) {
        Oracle.assertConsistent(image);
      }
    } finally {
      Files.deleteIfExists(image);
    }
  }

  private static void call(Ext4ImageWriter writer, FuzzedDataProvider data) throws IOException {
    Ext4Path path = path(data);
    switch (data.consumeInt(0, 10)) {
      case 0 -> writer.directory(path, metadata(data));
      case 1 -> {
        byte[] content = data.consumeBytes(data.consumeInt(0, 9000));
        writer.file(path, metadata(data), content.length, new ByteArrayInputStream(content));
      }
      case 2 -> sparse(writer, path, data);
      case 3 -> writer.symlink(path, metadata(data), data.consumeBytes(data.consumeInt(0, 80)));
      case 4 -> writer.hardLink(path, path(data));
      case 5 -> special(writer, path, data);
      case 6 -> writer.remove(path);
      case 7 -> writer.beginLayer();
      case 8 -> writer.whiteout(path);
      case 9 -> writer.opaque(path);
      default -> writer.resolveParents(path);
    }
  }

  private static Ext4Path path(FuzzedDataProvider data) throws Ext4Exception {
    List<byte[]> names = new ArrayList<>();
    int depth = data.consumeInt(0, 4);
    for (int i = 0; i < depth; i++) {
      // Few different names, so that entries meet.
      byte[] common = {(byte) ('a' + data.consumeInt(0, 3))};
      names.add(data.consumeInt(0, 15) > 0 ? common : data.consumeBytes(data.consumeInt(0, 256)));
    }
    return Ext4Path.of(names);
  }

  private static Ext4Metadata metadata(FuzzedDataProvider data) {
    Instant time =
        Instant.ofEpochSecond(
            data.consumeLong(-1L << 40, 1L << 40), data.consumeInt(0, 999_999_999));
    Ext4Metadata plain =
        Ext4Metadata.of(
            data.consumeInt(0, 07777),
            data.consumeLong(0, 0xFFFF_FFFEL),
            data.consumeLong(0, 0xFFFF_FFFEL),
            time);
    if (data.consumeInt(0, 3) > 0) {
      return plain;
    }
    String name = data.pickValue(List.of("user.", "security.", "system.posix_acl_access", "x."));
    String rest = name.endsWith(".") ? data.consumeString(20) : "";
    return plain.withXattrs(Map.of(name + rest, data.consumeBytes(data.consumeInt(0, 5000))));
  }

  private static void sparse(Ext4ImageWriter writer, Ext4Path path, FuzzedDataProvider data)
      throws IOException {
    List<DataRange> ranges = new ArrayList<>();
    long at = 0;
    for (int i = data.consumeInt(0, 5); i > 0; i--) {
      at += data.consumeLong(0, 1L << data.consumeInt(0, 44));
      int length = data.consumeInt(0, 5000);
      ranges.add(new DataRange(at, length));
      at += length;
    }
    byte[] content = data.consumeBytes(data.consumeInt(0, 25_000));
    writer.sparseFile(path, metadata(data), at, ranges, new ByteArrayInputStream(content));
  }

  private static void special(Ext4ImageWriter writer, Ext4Path path, FuzzedDataProvider data)
      throws IOException {
    Ext4FileType type = TYPES[data.consumeInt(0, TYPES.length - 1)];
    int major = data.consumeInt(-1, 4096);
    int minor = data.consumeInt(-1, 1 << 20);
    boolean device = type == Ext4FileType.CHARACTER_DEVICE || type == Ext4FileType.BLOCK_DEVICE;
    boolean node = device || type == Ext4FileType.FIFO || type == Ext4FileType.SOCKET;
    boolean inRange = major >= 0 && major < 4096 && minor >= 0 && minor < 1 << 20;
    if (node && inRange) {
      writer.special(path, metadata(data), type, device ? major : 0, device ? minor : 0);
    }
  }
}
