// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Metadata;
import dev.banger.ext4.Ext4Options;
import dev.banger.ext4.Ext4Path;
import dev.banger.imageservice.HostTool;
import dev.banger.imageservice.RealCommands;
import dev.banger.operation.Operation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Seeds of file systems that others made, and of damaged and hostile ones. */
class WorkSeedTest {
  private static final long SIZE = 2 << 20;
  private static final int INCOMPATIBLE = 1024 + 0x60;
  private static final byte[] TEXT = "content of a file\n".repeat(600).getBytes(UTF_8);

  @TempDir Path home;
  private final RealCommands host = new RealCommands();
  private final Operation operation = Operation.background();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-t ext4",
        "-t ext4 -b 1024",
        "-t ext4 -b 65536",
        "-t ext4 -I 128 -O ^64bit,^metadata_csum",
        "-t ext4 -O metadata_csum_seed,large_dir,^flex_bg,^dir_index",
        "-t ext3 -b 4096",
        "-t ext2 -b 1024 -O ^filetype"
      })
  void a_home_of_a_file_system_made_by_mke2fs_arrives(String form) throws IOException {
    for (String tool : List.of("mke2fs", "debugfs", "e2fsck", "diff", "find")) {
      HostTool.require(tool);
    }
    Path tree = Files.createDirectory(home.resolve("tree"));
    populate(Files.createDirectory(tree.resolve("root")));
    Path rootfs = home.resolve("rootfs.ext4");
    List<String> words = new ArrayList<>(List.of("mke2fs", "-q", "-F"));
    words.addAll(List.of(form.split(" ")));
    words.addAll(List.of("-d", tree.toString(), rootfs.toString(), "64M"));
    host.succeed(words.toArray(String[]::new));

    Path seed = home.resolve("seed");
    WorkSeed.write(rootfs, seed, operation);

    requireConsistent(seed);
    Path found = Files.createDirectory(home.resolve("found"));
    host.succeed("debugfs", "-R", "rdump / " + found, seed.toString());
    Files.delete(found.resolve("lost+found"));
    host.succeed("diff", "-r", "--no-dereference", tree.resolve("root").toString(), "" + found);
    assertThat(files(found)).isEqualTo(files(tree.resolve("root")));
    String links = host.succeed("debugfs", "-R", "stat /linked", seed.toString());
    assertThat(links).contains("Links: 2");
  }

  private static void populate(Path root) throws IOException {
    byte[] noise = new byte[5 << 20];
    new Random(7).nextBytes(noise);
    Files.write(root.resolve("noise"), noise);
    try (RandomAccessFile sparse = new RandomAccessFile(root.resolve("sparse").toFile(), "rw")) {
      sparse.write(TEXT);
      sparse.seek(20 << 20);
      sparse.write(TEXT);
      sparse.setLength(30 << 20);
    }
    Files.createFile(root.resolve("empty"));
    Files.createSymbolicLink(root.resolve("short"), Path.of("noise"));
    Files.createSymbolicLink(root.resolve("long"), Path.of("d/".repeat(90) + "end"));
    Files.createLink(root.resolve("linked"), root.resolve("noise"));
    Path many = Files.createDirectory(root.resolve("many"));
    for (int i = 0; i < 900; i++) {
      Files.write(many.resolve("a-rather-long-name-of-a-small-file-" + i), TEXT);
    }
  }

  /** Path, mode, size and time of each file. */
  private List<String> files(Path root) {
    // Small inodes have whole seconds.
    return host.succeed("find", root.toString(), "-type", "f", "-printf", "%P %m %s %Ts\n")
        .lines()
        .sorted()
        .toList();
  }

  @Test
  void a_seed_is_never_written_over_something() throws IOException {
    Path there = Files.write(home.resolve("there"), new byte[1]);

    assertThatThrownBy(() -> WorkSeed.write(image(), there, operation))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(there).hasSize(1);
  }

  @Test
  void a_cancelled_seed_leaves_nothing() throws IOException {
    Path rootfs = image();
    Operation leaving = Operation.background();
    leaving.cancel("the client left");

    assertThatThrownBy(() -> WorkSeed.write(rootfs, home.resolve("seed"), leaving))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    assertThat(home.resolve("seed")).doesNotExist();
    WorkSeed.write(rootfs, home.resolve("seed"), operation);
    assertThat(home.resolve("seed")).exists();
  }

  @Test
  void what_is_not_understood_is_refused_with_its_reason() throws IOException {
    Path rootfs = image();
    assertThatCode(() -> seed(rootfs)).doesNotThrowAnyException();
    for (Map.Entry<Integer, String> feature :
        Map.of(0x4, "e2fsck -p", 0x1, "features", 0x10, "features").entrySet()) {
      try (RandomAccessFile file = new RandomAccessFile(rootfs.toFile(), "rw")) {
        file.seek(INCOMPATIBLE);
        int before = file.read();
        file.seek(INCOMPATIBLE);
        file.write(before | feature.getKey());
        assertUnfit(rootfs, feature.getValue());
        file.seek(INCOMPATIBLE);
        file.write(before);
      }
    }
    assertThatCode(() -> seed(rootfs)).doesNotThrowAnyException();
    assertUnfit(Files.write(home.resolve("zeros"), new byte[4096]), "none of the ext family");
    assertUnfit(Files.write(home.resolve("short"), new byte[100]), "cut off");
    try (RandomAccessFile file = new RandomAccessFile(rootfs.toFile(), "rw")) {
      file.setLength(file.length() - 1);
    }
    assertUnfit(rootfs, "cut off");
  }

  @Test
  void a_directory_in_itself_and_one_in_two_places_are_refused() throws IOException {
    HostTool.require("debugfs");
    for (String link : List.of("ln /root /root/d/loop", "ln /root/d /root/again")) {
      Path rootfs = image();
      host.succeed("debugfs", "-w", "-R", link, rootfs.toString());

      assertUnfit(rootfs, "in two places");
    }
  }

  @Test
  void a_home_in_itself_is_refused() throws IOException {
    HostTool.require("debugfs");
    Path rootfs = image();
    host.succeed("debugfs", "-w", "-R", "ln /root /root/root", rootfs.toString());

    assertUnfit(rootfs, "in two places");
  }

  @Test
  void data_that_many_files_claim_does_not_make_a_seed_larger_than_the_image() throws IOException {
    HostTool.require("debugfs");
    Path rootfs = image();
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < 400; i++) {
      requests.append("ln /root/f /root/claim").append(i).append('\n');
    }
    Path file = Files.writeString(home.resolve("requests"), requests);
    // The inode goes on saying that it has one name.
    host.succeed("debugfs", "-w", "-f", file.toString(), rootfs.toString());

    assertUnfit(rootfs, "more data than the whole");
  }

  @Test
  void a_name_that_no_file_can_have_is_refused() throws IOException {
    Path rootfs = image();
    byte[] bytes = Files.readAllBytes(rootfs);
    for (int i = 2; i < bytes.length; i++) {
      // The end of a directory entry: the length of its name, its type, its name.
      if (bytes[i] == 'l' && bytes[i - 1] == 7 && bytes[i - 2] == 1) {
        bytes[i] = 0;
      }
    }
    Files.write(rootfs, bytes);

    assertUnfit(rootfs, "a NUL");
  }

  @Property(tries = 150)
  void a_damaged_file_system_is_refused_or_gives_a_whole_seed(@ForAll long random)
      throws IOException {
    home = Files.createTempDirectory("seed");
    Path rootfs = image();
    byte[] bytes = Files.readAllBytes(rootfs);
    Random choice = new Random(random);
    int damages = 1 + choice.nextInt(12);
    while (damages > 0) {
      int at = choice.nextInt(bytes.length);
      if (bytes[at] != 0) {
        bytes[at] = (byte) choice.nextInt(256);
        damages--;
      }
    }
    Files.write(rootfs, bytes);
    Path seed = home.resolve("seed");
    try {
      WorkSeed.write(rootfs, seed, operation);
      requireConsistent(seed);
      Files.delete(seed);
    } catch (UnfitFileSystemException e) {
      assertThat(seed).doesNotExist();
    }
    Files.delete(rootfs);
    Files.delete(home);
  }

  private void assertUnfit(Path rootfs, String why) {
    assertThatThrownBy(() -> seed(rootfs))
        .isInstanceOf(UnfitFileSystemException.class)
        .hasMessageContaining(why);
    assertThat(home.resolve("seed")).doesNotExist();
  }

  private void seed(Path rootfs) throws IOException {
    Path seed = home.resolve("seed");
    WorkSeed.write(rootfs, seed, operation);
    Files.delete(seed);
  }

  private void requireConsistent(Path seed) {
    HostTool.require("e2fsck");
    String said = host.succeed("e2fsck", "-fn", seed.toString());
    assertThat(said.lines().filter(line -> !line.startsWith("Pass "))).hasSize(1);
  }

  /** A small image with one of each kind in its home. */
  private Path image() throws IOException {
    Path file = home.resolve("image-" + System.nanoTime());
    Ext4Metadata plain =
        Ext4Metadata.of(0640, 7, 8, Instant.EPOCH).withXattrs(Map.of("user.note", new byte[] {1}));
    try (Ext4ImageWriter image =
        Ext4ImageWriter.create(
            file, Ext4Options.ofSize(SIZE).journalBlocks(0).sync(false).build())) {
      image.directory(Ext4Path.of("root"), plain);
      image.directory(Ext4Path.of("root/d"), plain);
      image.file(Ext4Path.of("root/f"), plain, TEXT.length, new ByteArrayInputStream(TEXT));
      image.file(
          Ext4Path.of("root/d/x"),
          plain.withXattrs(Map.of("user.long", new byte[1000])),
          TEXT.length,
          new ByteArrayInputStream(TEXT));
      image.hardLink(Ext4Path.of("root/h"), Ext4Path.of("root/d/x"));
      image.symlink(Ext4Path.of("root/l"), plain, "t/".repeat(50).getBytes(UTF_8));
      image.finish();
    }
    return file;
  }
}
