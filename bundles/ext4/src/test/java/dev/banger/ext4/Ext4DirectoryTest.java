// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ext4DirectoryTest extends Ext4ImageTest {

  private static byte[] name(Random random, int length) {
    byte[] name = new byte[length];
    for (int i = 0; i < length; i++) {
      int b = 1 + random.nextInt(255);
      name[i] = (byte) (b == '/' ? 'x' : b);
    }
    name[0] = 'n';
    return name;
  }

  // The last sizes at which one block does, and an index of one level.
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, 253, 254, 255, 256, 400, 20_000, 103_000})
  void the_kernel_finds_every_name(int count) throws IOException {
    Ext4Options options = Ext4Options.ofSize(512 * MIB).inodes(count + 5020).build();
    Path image =
        image(
            options,
            writer -> {
              writer.directory(path("d"), OPEN);
              for (int i = 0; i < count; i++) {
                empty(writer, String.format("d/%08d", i));
              }
            });
    if (!LoopMount.isPossible()) {
      assertThat(Oracle.debugfs(image, "ls -p /d").lines().filter(line -> !line.isBlank()))
          .hasSize(count + 2);
      return;
    }
    try (LoopMount mount = LoopMount.writable(image)) {
      Path directory = mount.directory().resolve("d");
      try (Stream<Path> listed = Files.list(directory)) {
        assertThat(listed.count()).isEqualTo(count);
      }
      for (int i = 0; i < count; i += count > 50_000 ? 7 : 1) {
        Path file = directory.resolve(String.format("%08d", i));
        assertThat(Files.exists(file, LinkOption.NOFOLLOW_LINKS)).as("%s", file).isTrue();
      }
      assertThat(Files.exists(directory.resolve("none"))).isFalse();
      // Enough to split leaves and the index.
      for (int i = 0; i < Math.min(count, 5000); i++) {
        Files.createSymbolicLink(directory.resolve("more-" + i), Path.of("x"));
      }
    }
    Oracle.assertConsistent(image);
  }

  @Test
  void long_names_in_any_bytes_survive() throws IOException {
    Random random = new Random(1);
    List<byte[]> names = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      names.add(name(random, 1 + i % 255));
    }
    Path image =
        image(
            writer -> {
              for (byte[] name : names) {
                Ext4Path path = Ext4Path.of(List.of(new byte[] {'d'}, name));
                writer.file(path, PLAIN, 0, InputStream.nullInputStream());
                assertThat(writer.find(path)).isPresent();
              }
            });
    LoopMount.assumePossible();
    try (LoopMount mount = LoopMount.readOnly(image)) {
      String listed =
          Command.output("find", mount.directory() + "/d", "-type", "f", "-printf", "%f\\0");
      assertThat(listed.split("\0", 0))
          .containsExactlyInAnyOrderElementsOf(
              names.stream().map(name -> new String(name, ISO_8859_1)).distinct().toList());
      String found =
          Command.output(
              "find",
              mount.directory() + "/d",
              "-type",
              "f",
              "-exec",
              "stat",
              "-c",
              "%s",
              "{}",
              "+");
      assertThat(found.lines()).hasSize(listed.split("\0", 0).length);
    }
  }

  @Test
  void the_hash_is_that_of_debugfs() throws IOException {
    Random random = new Random(2);
    int[] seed = {0x01234567, 0x89ABCDEF, 0xFEDCBA98, 0x76543210};
    // A UUID's bytes, which are the words in little-endian order.
    String seedText = "67452301-efcd-ab89-98ba-dcfe10325476";
    DirectoryHash hash = new DirectoryHash(seed);
    for (int length : new int[] {1, 3, 4, 31, 32, 33, 64, 100, 255}) {
      String name = HexFormat.of().formatHex(name(random, length)).substring(0, length);
      String output =
          Command.output("debugfs", "-R", "dx_hash -h half_md4 -s " + seedText + " " + name);
      int major = hash.of(name.getBytes(ISO_8859_1), 0, length);
      assertThat(output).contains(String.format("is 0x%08x", major));
    }
  }

  @Test
  void deep_trees_are_written_and_removed() throws IOException {
    Ext4Options options = Ext4Options.ofSize(64 * MIB).maxDepth(4096).bytesPerInode(4096).build();
    byte[][] names = new byte[4096][];
    java.util.Arrays.fill(names, new byte[] {'d'});
    Ext4Path deep = Ext4Path.of(List.of(names));
    long[] free = new long[2];
    Path image =
        image(
            options,
            writer -> {
              free[0] = writer.freeBytes();
              writer.directory(deep, OPEN);
              assertThat(writer.find(deep)).isPresent();
            });
    assertThat(Oracle.dumpe2fs(image)).contains("4098 directories");
    image(
        options,
        writer -> {
          writer.directory(deep, OPEN);
          writer.remove(path("d"));
          assertThat(writer.find(path("d"))).isEmpty();
        });
  }

  @Test
  void more_subdirectories_than_links_can_count() throws IOException {
    Ext4Options options = Ext4Options.ofSize(1024 * MIB).inodes(66_000).build();
    Path image =
        image(
            options,
            writer -> {
              for (int i = 0; i < 64_998; i++) {
                writer.directory(path("most/" + i), OPEN);
              }
              for (int i = 0; i < 500; i++) {
                writer.directory(path("some/" + i), OPEN);
              }
            });
    assertThat(Oracle.debugfs(image, "stat /most")).contains("Links: 65000 ");
    assertThat(Oracle.debugfs(image, "stat /some")).contains("Links: 502 ");
    Path more =
        image(
            options,
            writer -> {
              for (int i = 0; i < 64_999; i++) {
                writer.directory(path("more/" + i), OPEN);
              }
            });
    assertThat(Oracle.debugfs(more, "stat /more")).contains("Links: 1 ");
  }

  @Test
  void a_directory_with_many_removals_keeps_the_rest() throws IOException {
    Path image =
        image(
            writer -> {
              for (int i = 0; i < 20_000; i++) {
                empty(writer, "d/" + i);
                if (i >= 10) {
                  assertThat(writer.remove(path("d/" + (i - 10)))).isTrue();
                }
              }
            });
    assertThat(Oracle.debugfs(image, "ls -p /d").lines().filter(line -> !line.isBlank()))
        .hasSize(12);
  }
}
