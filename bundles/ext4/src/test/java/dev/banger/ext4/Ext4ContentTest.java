// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ext4ContentTest extends Ext4ImageTest {

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private byte[] dump(Path image, String path) throws IOException {
    Path file = home.resolve("dump");
    Oracle.debugfs(image, "dump " + path + " " + file);
    return Files.readAllBytes(file);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4095, 4096, 4097, 1 << 20, (1 << 20) + 1, 5_000_000})
  void a_file_keeps_its_content(int size) throws IOException {
    byte[] content = random(size);
    Path image =
        image(writer -> writer.file(path("f"), PLAIN, size, new ByteArrayInputStream(content)));
    assertThat(dump(image, "/f")).isEqualTo(content);
  }

  @Test
  void bytes_after_the_size_are_not_read() throws IOException {
    InputStream data = new ByteArrayInputStream("onetwo".getBytes(ISO_8859_1));
    Path image =
        image(
            writer -> {
              writer.file(path("a"), PLAIN, 3, data);
              writer.file(path("b"), PLAIN, 3, data);
            });
    assertThat(Oracle.debugfs(image, "cat /a")).isEqualTo("one");
    assertThat(Oracle.debugfs(image, "cat /b")).isEqualTo("two");
  }

  @Test
  void zero_blocks_become_holes_unless_told() throws IOException {
    byte[] content = new byte[40 * 4096];
    content[20 * 4096] = 1;
    Entries entries =
        writer -> writer.file(path("f"), PLAIN, content.length, new ByteArrayInputStream(content));
    Path holes = image(entries);
    assertThat(Oracle.debugfs(holes, "stat /f")).contains("Blockcount: 8\n");
    assertThat(dump(holes, "/f")).isEqualTo(content);
    Path full = image(Ext4Options.ofSize(64 * MIB).zeroBlocksAsHoles(false).build(), entries);
    assertThat(Oracle.debugfs(full, "stat /f")).contains("Blockcount: 320\n");
  }

  @Test
  void ranges_need_no_alignment() throws IOException {
    byte[] content = new byte[3 << 20];
    List<DataRange> ranges = new ArrayList<>();
    byte[] data = new byte[3 << 20];
    int length = 0;
    Random random = new Random(5);
    int at = 3;
    while (at < content.length - 20_000) {
      byte[] piece = random(1 + random.nextInt(9000));
      ranges.add(new DataRange(at, piece.length));
      System.arraycopy(piece, 0, content, at, piece.length);
      System.arraycopy(piece, 0, data, length, piece.length);
      length += piece.length;
      at += piece.length + random.nextInt(3) * random.nextInt(9000);
    }
    InputStream stream = new ByteArrayInputStream(data, 0, length);
    Path image =
        image(writer -> writer.sparseFile(path("f"), PLAIN, content.length, ranges, stream));
    assertThat(dump(image, "/f")).isEqualTo(content);
  }

  @Test
  void a_sparse_file_beyond_4_gib_reads_back_through_the_kernel() throws IOException {
    LoopMount.assumePossible();
    // More extents than one tree node holds, so the tree has two levels below the inode.
    List<DataRange> ranges = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      ranges.add(new DataRange((5L << 20) * i + 4096, 4096));
    }
    byte[] data = random(2000 * 4096);
    long size = (5L << 20) * 2000 + 123;
    Path image =
        image(
            writer ->
                writer.sparseFile(path("f"), PLAIN, size, ranges, new ByteArrayInputStream(data)));
    try (LoopMount mount = LoopMount.readOnly(image);
        RandomAccessFile file =
            new RandomAccessFile(mount.directory().resolve("f").toFile(), "r")) {
      assertThat(file.length()).isEqualTo(size).isGreaterThan(1L << 32);
      byte[] block = new byte[4096];
      for (int i = 0; i < 2000; i++) {
        file.seek(ranges.get(i).offset());
        file.readFully(block);
        assertThat(block).isEqualTo(Arrays.copyOfRange(data, i * 4096, (i + 1) * 4096));
      }
      file.seek(ranges.get(1000).offset() + 4096);
      file.readFully(block);
      assertThat(block).containsOnly(0);
    }
  }

  @Test
  void the_largest_file_is_nearly_16_tib() throws IOException {
    long size = 0xFFFF_FFFEL * 4096;
    List<DataRange> end = List.of(new DataRange(size - 1, 1));
    Path image =
        image(
            writer ->
                writer.sparseFile(
                    path("f"), PLAIN, size, end, new ByteArrayInputStream(new byte[] {1})));
    assertThat(Oracle.debugfs(image, "stat /f")).contains("Size: " + size + "\n");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 59, 60, 255, 4095})
  void a_symbolic_link_keeps_its_target(int length) throws IOException {
    byte[] target = random(length);
    for (int i = 0; i < length; i++) {
      target[i] |= 1;
    }
    Path image =
        image(
            writer -> {
              writer.symlink(path("l"), PLAIN, target);
              assertThat(writer.symlinkTarget(path("l"))).contains(target);
              empty(writer, "f");
              assertThat(writer.symlinkTarget(path("f"))).isEmpty();
            });
    assertThat(Oracle.debugfs(image, "stat /l"))
        .contains("Type: symlink    Mode:  0777")
        .contains("Size: " + length + "\n");
    if (LoopMount.isPossible()) {
      try (LoopMount mount = LoopMount.readOnly(image)) {
        String link = mount.directory().resolve("l").toString();
        assertThat(Command.output("readlink", "-n", link))
            .isEqualTo(new String(target, ISO_8859_1));
      }
    }
  }

  @Test
  void special_files_keep_their_numbers() throws IOException {
    Path image =
        image(
            writer -> {
              writer.special(path("null"), PLAIN, Ext4FileType.CHARACTER_DEVICE, 1, 3);
              writer.special(path("high"), PLAIN, Ext4FileType.BLOCK_DEVICE, 4095, 1048575);
              writer.special(path("middle"), PLAIN, Ext4FileType.BLOCK_DEVICE, 8, 256);
              writer.special(path("fifo"), PLAIN, Ext4FileType.FIFO, 0, 0);
              writer.special(path("socket"), PLAIN, Ext4FileType.SOCKET, 0, 0);
            });
    assertThat(Oracle.debugfs(image, "stat /null")).contains("Type: character special");
    assertThat(Oracle.debugfs(image, "stat /null")).contains("Device major/minor number: 01:03");
    assertThat(Oracle.debugfs(image, "stat /high")).contains("Type: block special");
    assertThat(Oracle.debugfs(image, "stat /high")).contains("4095:1048575");
    assertThat(Oracle.debugfs(image, "stat /middle")).contains("08:256");
    assertThat(Oracle.debugfs(image, "stat /fifo")).contains("Type: FIFO");
    assertThat(Oracle.debugfs(image, "stat /socket")).contains("Type: socket");
    if (LoopMount.isPossible()) {
      try (LoopMount mount = LoopMount.readOnly(image)) {
        String[] stat = {
          "stat",
          "-c",
          "%F %t:%T",
          mount.directory().resolve("high").toString(),
          mount.directory().resolve("null").toString(),
          mount.directory().resolve("socket").toString()
        };
        assertThat(Command.output(stat))
            .isEqualTo("block special file fff:fffff\ncharacter special file 1:3\nsocket 0:0\n");
      }
    }
  }

  @Test
  void a_hard_link_shares_the_file() throws IOException {
    Path image =
        image(
            writer -> {
              file(writer, "a", "content");
              writer.hardLink(path("d/b"), path("a"));
              writer.hardLink(path("d/c"), path("d/b"));
              writer.symlink(path("l"), PLAIN, new byte[] {'a'});
              writer.hardLink(path("m"), path("l"));
              writer.hardLink(path("a"), path("a"));
            });
    assertThat(Oracle.debugfs(image, "cat /d/c")).isEqualTo("content");
    assertThat(Oracle.debugfs(image, "stat /a")).contains("Links: 3 ");
    assertThat(Oracle.debugfs(image, "stat /m")).contains("Links: 2 ");
  }

  @Test
  void a_full_image_is_refused_and_an_exact_fit_is_not() throws IOException {
    long[] free = new long[1];
    image(
        writer -> {
          writer.directory(Ext4Path.ROOT, OPEN);
          free[0] = writer.freeBytes();
        });
    // The root has one block and lost+found four.
    int fitting = (int) free[0] - 5 * 4096;
    byte[] content = random(fitting + 1);
    image(writer -> writer.file(path("f"), PLAIN, fitting, new ByteArrayInputStream(content)));
    Entries tooMuch =
        writer -> writer.file(path("f"), PLAIN, fitting + 1, new ByteArrayInputStream(content));
    assertThat(Ext4RefusalTest.reason(() -> image(tooMuch)))
        .isEqualTo(Ext4Exception.Reason.NO_SPACE);
  }

  @Test
  void the_kernel_writes_to_the_image() throws IOException {
    LoopMount.assumePossible();
    Path image = image(writer -> file(writer, "etc/a", "old"));
    try (LoopMount mount = LoopMount.writable(image)) {
      Path etc = mount.directory().resolve("etc");
      Files.writeString(etc.resolve("a"), "new");
      Files.write(etc.resolve("large"), random(20 << 20));
      for (int i = 0; i < 300; i++) {
        Files.createDirectory(etc.resolve("directory-with-a-long-name-" + i));
      }
      assertThat(Files.exists(mount.directory().resolve("lost+found"), LinkOption.NOFOLLOW_LINKS))
          .isTrue();
    }
    Oracle.assertConsistent(image);
    assertThat(Oracle.debugfs(image, "cat /etc/a")).isEqualTo("new");
  }
}
