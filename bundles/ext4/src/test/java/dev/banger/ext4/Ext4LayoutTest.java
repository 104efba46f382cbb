// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Ext4LayoutTest extends Ext4ImageTest {

  // Around the ends of groups and flex groups, of copies of the superblock and of descriptor
  // blocks; sizes in KiB.
  @ParameterizedTest
  @CsvSource({
    "1024",
    "2048",
    "8188",
    "8192",
    "65536",
    "131072",
    "131076",
    "131400",
    "140000",
    "262144",
    "2097152",
    "2097156",
    "2110000",
    "2228224",
    "8388608",
    "8519680",
    "8650752",
    "270532608"
  })
  void an_image_of_any_size_is_consistent(long kib) throws IOException {
    Ext4Options options = Ext4Options.ofSize(kib * 1024).build();
    Path image = image(options, writer -> file(writer, "a/b", "content"));
    assertThat(Files.size(image)).isEqualTo(kib * 1024);
    assertThat(Oracle.debugfs(image, "cat /a/b")).isEqualTo("content");
  }

  @ParameterizedTest
  @CsvSource({"16", "100000", "131072"})
  void there_are_as_many_inodes_as_asked_for(int inodes) throws IOException {
    Ext4Options options = Ext4Options.ofSize(512 * MIB).inodes(inodes).build();
    Path image = image(options, writer -> empty(writer, "a"));
    String count =
        Oracle.dumpe2fs(image)
            .lines()
            .filter(line -> line.startsWith("Inode count:"))
            .map(line -> line.substring("Inode count:".length()).strip())
            .findFirst()
            .orElseThrow();
    assertThat(Integer.parseInt(count)).isBetween(inodes, inodes + 64);
  }

  @Test
  void more_inodes_than_blocks_are_refused() {
    Ext4Options options = Ext4Options.ofSize(512 * MIB).inodes(131073).build();
    assertThatThrownBy(() -> image(options, writer -> {}))
        .isInstanceOfSatisfying(
            Ext4Exception.class,
            e -> assertThat(e.reason()).isEqualTo(Ext4Exception.Reason.NO_INODES));
  }

  @Test
  void features_are_those_of_mke2fs() throws IOException {
    Path image = image(Ext4Options.ofSize(8192 * MIB).label("a label").build(), writer -> {});
    assertThat(Oracle.dumpe2fs(image))
        .contains("volume name:   a label")
        .contains(
            "has_journal ext_attr resize_inode dir_index filetype extent 64bit flex_bg"
                + " sparse_super large_file huge_file dir_nlink extra_isize metadata_csum\n")
        .contains("Total journal size:       64M")
        .contains("[INODE_UNINIT, BLOCK_UNINIT, ITABLE_ZEROED]");
  }

  @Test
  void journal_can_be_left_out() throws IOException {
    Path image = image(Ext4Options.ofSize(64 * MIB).journalBlocks(0).build(), writer -> {});
    assertThat(Oracle.dumpe2fs(image)).doesNotContain("has_journal");
  }

  @Test
  void blocks_can_be_kept_for_root() throws IOException {
    Path image = image(Ext4Options.ofSize(64 * MIB).reservedPercent(5).build(), writer -> {});
    assertThat(Oracle.dumpe2fs(image)).containsPattern("Reserved block count: +819\n");
  }

  @Test
  void a_large_image_takes_little_space() throws IOException {
    Path image = image(Ext4Options.ofSize(1L << 38).build(), writer -> file(writer, "a", "b"));
    long used = Long.parseLong(Command.output("stat", "-c", "%b", image.toString()).trim()) * 512;
    assertThat(used).isLessThan(4 * MIB);
  }

  @Test
  void an_existing_file_is_left_alone() throws IOException {
    Path file = Files.writeString(home.resolve("mine"), "mine");
    Ext4Options options = Ext4Options.ofSize(64 * MIB).build();
    assertThatThrownBy(() -> Ext4ImageWriter.create(file, options))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(file).hasContent("mine");
  }

  @Test
  void an_unfinished_image_is_no_file_system() throws IOException {
    Path image = home.resolve("image");
    try (Ext4ImageWriter writer =
        Ext4ImageWriter.create(image, Ext4Options.ofSize(64 * MIB).build())) {
      file(writer, "a", "b");
    }
    assertThat(Command.run("dumpe2fs", image.toString()).errors()).contains("Bad magic number");
  }

  @Test
  void same_entries_make_the_same_bytes() throws IOException {
    byte[] random = new byte[100_000];
    new Random(1).nextBytes(random);
    Entries entries =
        writer -> {
          writer.file(path("a/b"), PLAIN, random.length, new ByteArrayInputStream(random));
          for (int i = 0; i < 500; i++) {
            empty(writer, "many/name-" + i);
          }
          writer.remove(path("many/name-7"));
          writer.hardLink(path("c"), path("a/b"));
        };
    Ext4Options.Builder builder =
        Ext4Options.ofSize(256 * MIB).seed(new byte[] {1}).timestamp(TIME);
    Path first = image(builder.build(), entries);
    assertThat(Files.mismatch(first, image(builder.build(), entries))).isEqualTo(-1);
    Path other = image(builder.seed(new byte[] {2}).build(), entries);
    assertThat(Files.mismatch(first, other)).isNotEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({"64, 65", "64, 20480", "128, 8192", "2048, 2100", "8192, 65536"})
  void resize2fs_grows_it(long mib, long grown) throws IOException {
    Path image =
        image(Ext4Options.ofSize(mib * MIB).build(), writer -> file(writer, "a/b", "content"));
    Command.output("truncate", "-s", grown + "M", image.toString());
    Command.output("resize2fs", image.toString());
    Oracle.assertConsistent(image);
    assertThat(Oracle.dumpe2fs(image)).containsPattern("Block count: +" + grown * 256 + "\n");
    assertThat(Oracle.debugfs(image, "cat /a/b")).isEqualTo("content");
  }

  @Test
  void resize2fs_grows_it_past_its_growth_limit() throws IOException {
    Path image = image(Ext4Options.ofSize(64 * MIB).growthLimit(0).build(), writer -> {});
    assertThat(Oracle.dumpe2fs(image)).doesNotContain("resize_inode");
    Command.output("truncate", "-s", "20G", image.toString());
    Command.output("resize2fs", image.toString());
    Oracle.assertConsistent(image);
  }
}
