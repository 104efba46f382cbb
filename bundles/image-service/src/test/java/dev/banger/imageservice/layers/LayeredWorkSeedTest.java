// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.imageservice.workseed.WorkSeed;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * The work seed of an image that was merged from layers; debugfs and e2fsck say what is in both.
 */
class LayeredWorkSeedTest extends LayeredImageFixture {
  @Test
  void a_home_arrives_with_modes_owners_times_attributes_and_links() throws IOException {
    byte[] capability = {
      1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, (byte) 0x80, 0, (byte) 0xff, 0x28, 0, 0, 0, 0
    };
    String longTarget = "t/".repeat(100) + "end";
    Path image =
        image(
            tar()
                .directory("etc/")
                .file("etc/passwd", "root")
                .pax("mtime", "1600000000.123456789")
                .mode(0710)
                .owner(70_000, 80_000)
                .directory("root/")
                .mode(0600)
                .owner(4_000_000, 4_000_001)
                .pax("mtime", "-1.5")
                .pax("SCHILY.xattr.user.note", "n".repeat(300))
                .pax("SCHILY.xattr.security.capability", capability)
                .file("root/.bashrc", "alias ll='ls -l'\n")
                .file("root/empty", "")
                .symlink("root/short", "/etc/passwd")
                .symlink("root/long", longTarget)
                .hardLink("root/again", "root/.bashrc")
                .hardLink("root/outside", "etc/passwd")
                .pax("SCHILY.xattr.system.posix_acl_default", acl())
                .directory("root/shared/")
                .pax("SCHILY.xattr.system.posix_acl_access", acl())
                .file("root/shared/listed", "x")
                .device(10, 200)
                .special('3', "root/tun")
                .device(259, 300_000)
                .special('4', "root/disk")
                .special('6', "root/pipe")
                .file("root/gr\u00fc\u00df \"e\n", "name")
                .end());

    Path seed = seed(image);

    List<String> names =
        List.of(
            ".bashrc",
            "empty",
            "short",
            "long",
            "again",
            "shared",
            "shared/listed",
            "tun",
            "disk",
            "pipe");
    assertThat(inode(seed, "/")).isEqualTo(inode(image, "/root").replace("Links: 3", "Links: 4"));
    for (String name : names) {
      assertThat(inode(seed, "/" + name)).as(name).isEqualTo(inode(image, "/root/" + name));
    }
    assertThat(inode(seed, "/outside")).contains("Links: 1").contains("Size: 4");
    assertThat(number(seed, "/again")).isEqualTo(number(seed, "/.bashrc"));
    assertThat(cat(seed, "/.bashrc")).isEqualTo("alias ll='ls -l'\n");
    assertThat(cat(seed, "/outside")).isEqualTo("root");
    assertThat(HostTool.debugfs(seed, "ls -p /")).contains("/gr\u00fc\u00df \"e\n/4/");
    assertThat(exists(seed, "/etc")).isFalse();
  }

  @Test
  void a_seed_is_sparse_has_room_and_grows() throws IOException {
    HostTool.assume("resize2fs", "truncate");
    Path seed = seed(image(tar().directory("root/").file("root/f", "x").end()));

    assertThat(Files.size(seed)).isEqualTo(512 * MIB);
    assertThat(allocated(seed)).isLessThan(4 * MIB);
    assertThat(Files.getPosixFilePermissions(seed)).hasSize(2);
    HostTool.output("truncate", "-s", "8G", seed.toString());
    HostTool.output("resize2fs", seed.toString());
    HostTool.assertConsistent(seed);
    assertThat(cat(seed, "/f")).isEqualTo("x");
  }

  @Test
  void a_large_home_makes_a_larger_seed_and_holes_stay_holes() throws IOException {
    byte[] noise = new byte[3 << 20];
    new Random(1).nextBytes(noise);
    byte[] halves = Arrays.copyOf(noise, 6 << 20);
    TarBytes tar = tar().directory("root/").file("root/noise", noise).file("root/halves", halves);
    for (int i = 0; i < 3000; i++) {
      tar.file("root/many/a-name-that-is-rather-long-" + i, "");
    }
    LayeredImage writer =
        LayeredImage.of(
            LayeredImage.options(64 * MIB, "d").bytesPerInode(8192).sync(false).build());
    Path image = image(writer, layers(tar.end()));

    Path seed = seed(image);

    Path copy = home.resolve("copy");
    HostTool.debugfs(seed, "dump /noise " + copy);
    assertThat(copy).hasBinaryContent(noise);
    HostTool.debugfs(seed, "dump /halves " + copy);
    assertThat(copy).hasBinaryContent(halves);
    assertThat(inode(seed, "/halves")).isEqualTo(inode(image, "/root/halves"));
    assertThat(allocated(seed)).isLessThan(10 * MIB);
    assertThat(HostTool.debugfs(seed, "ls -p /many").lines().filter(l -> l.contains("rather")))
        .hasSize(3000);
  }

  @Test
  void the_same_image_gives_the_same_bytes_and_another_one_others() throws IOException {
    byte[] tar = tar().directory("root/").file("root/f", "x").end();
    Path one = seed(image(tar));

    assertThat(seed(image(tar))).hasSameBinaryContentAs(one);
    LayeredImage other = LayeredImage.of(LayeredImage.options(16 * MIB, "sha256:other").build());
    assertThat(Files.mismatch(seed(image(other, layers(tar))), one)).isNotNegative();
  }

  @Test
  void an_image_without_a_home_gives_an_empty_seed() throws IOException {
    Path seed = seed(image(tar().file("hello", "x").end()));

    assertThat(inode(seed, "/")).contains("Mode:  0700").containsPattern("User: +0 +Group: +0");
    assertThat(names(seed, "/")).isEqualTo("lost+found");
  }

  @Test
  void a_home_that_is_a_file_or_leads_nowhere_is_none_and_one_that_leads_somewhere_is_there()
      throws IOException {
    for (byte[] tar :
        List.of(
            tar().file("root", "x").end(),
            tar().symlink("root", "nowhere").end(),
            tar().symlink("root", "root").end(),
            tar().symlink("root", "/").file("f", "x").symlink("root", "//root/../root").end())) {
      assertThat(names(seed(image(tar)), "/")).isEqualTo("lost+found");
    }
    byte[] linked =
        tar()
            .directory("var/roothome/")
            .file("var/roothome/f", "x")
            .symlink("var/link", "../../..//var/./roothome")
            .symlink("root", "/var/link")
            .end();
    assertThat(cat(seed(image(linked)), "/f")).isEqualTo("x");
  }

  @Test
  void a_nested_home_is_moved_up_and_what_is_there_already_wins() throws IOException {
    Path seed =
        seed(
            image(
                tar()
                    .mode(0700)
                    .directory("root/")
                    .file("root/both", "outer")
                    .mode(0750)
                    .directory("root/.config/")
                    .file("root/.config/a", "outer")
                    .file("root/clash", "file")
                    .mode(0777)
                    .directory("root/root/")
                    .file("root/root/both", "inner")
                    .file("root/root/only", "inner")
                    .directory("root/root/.config/")
                    .file("root/root/.config/a", "inner")
                    .file("root/root/.config/b", "inner")
                    .file("root/root/clash/below", "inner")
                    .directory("root/root/lost+found/")
                    .file("root/root/root/third", "innermost")
                    .file("root/root/root/both", "innermost")
                    .file("root/root/root/root", "a file")
                    .file("root/project/root/kept", "deeper ones are no homes")
                    .end()));

    assertThat(cat(seed, "/both")).isEqualTo("outer");
    assertThat(cat(seed, "/only")).isEqualTo("inner");
    assertThat(cat(seed, "/third")).isEqualTo("innermost");
    assertThat(cat(seed, "/root")).isEqualTo("a file");
    assertThat(cat(seed, "/.config/a")).isEqualTo("outer");
    assertThat(cat(seed, "/.config/b")).isEqualTo("inner");
    assertThat(cat(seed, "/clash")).isEqualTo("file");
    assertThat(cat(seed, "/project/root/kept")).isEqualTo("deeper ones are no homes");
    assertThat(inode(seed, "/")).contains("Mode:  0700");
    assertThat(inode(seed, "/.config")).contains("Mode:  0750");
    assertThat(names(seed, "/")).isEqualTo(".config both clash lost+found only project root third");
  }

  @Test
  void deep_trees_arrive_on_a_small_stack() throws Exception {
    LayeredImage writer =
        LayeredImage.of(
            LayeredImage.options(32 * MIB, "d").bytesPerInode(4096).journalBlocks(0).build());
    TarBytes tar = tar().file("root/" + "d/".repeat(2000) + "f", "x");

    Path image = image(writer, layers(tar.end()));

    Path seed = file();
    FutureTask<Void> making =
        new FutureTask<>(
            () -> {
              WorkSeed.write(image, seed, Operation.background());
              return null;
            });
    new Thread(null, making, "small", 200 << 10).start();
    making.get(60, TimeUnit.SECONDS);

    HostTool.assertConsistent(seed);
    assertThat(exists(seed, "/" + "d/".repeat(100))).isTrue();
    assertThat(HostTool.output("debugfs", "-R", "stats", seed.toString()))
        .containsPattern("Directories: +2002\n");
  }

  @Property(tries = 15)
  void any_home_arrives_whole(@ForAll long random, @ForAll @IntRange(min = 1, max = 60) int count)
      throws IOException {
    home = Files.createTempDirectory("seed");
    Random choice = new Random(random);
    TarBytes tar = tar().directory("root/");
    Map<String, Integer> made = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      String parent = "root/" + (choice.nextInt(3) > 0 ? "d" + choice.nextInt(4) + "/" : "");
      String name = parent + "n" + i;
      tar.mode(choice.nextInt(010000)).owner(choice.nextInt(100_000), choice.nextInt(100_000));
      made.put(name, i);
      switch (choice.nextInt(4)) {
        case 0 -> tar.directory(name + "/");
        case 1 -> tar.symlink(name, "x".repeat(1 + choice.nextInt(120)));
        case 2 -> tar.special('6', name);
        default -> {
          byte[] content = new byte[choice.nextInt(40_000)];
          choice.nextBytes(content);
          tar.pax("SCHILY.xattr.user.a", "v".repeat(choice.nextInt(200))).file(name, content);
        }
      }
    }
    Path image = image(tar.end());
    Path seed = seed(image);

    Path one = Files.createDirectory(home.resolve("one"));
    Path other = Files.createDirectory(home.resolve("other"));
    HostTool.debugfs(image, "rdump /root " + one);
    HostTool.debugfs(seed, "rdump / " + other);
    assertThat(dumped(other)).isEqualTo(dumped(one.resolve("root")));
    assertThat(inodes(seed, "/", made)).isEqualTo(inodes(image, "/root/", made));
    HostTool.output("rm", "-r", home.toString());
  }

  /** What debugfs dumped; it leaves special files out and gives links times of their own. */
  private static Map<String, String> dumped(Path root) {
    Map<String, String> entries = VisibleTree.describe(root);
    entries.replaceAll(
        (name, text) -> text.startsWith("SYMLINK") ? text.replaceAll("0:0 [0-9.]+ ", "") : text);
    return entries;
  }

  /** What debugfs says of many entries in one run. */
  private String inodes(Path image, String root, Map<String, Integer> names) {
    try {
      Path requests = home.resolve("requests");
      Files.writeString(
          requests,
          names.keySet().stream()
              .map(name -> "stat " + root + name.substring("root/".length()) + "\n")
              .collect(Collectors.joining()));
      String all = HostTool.output("debugfs", "-f", requests.toString(), image.toString());
      return comparable(all.replaceAll("(?m)^debugfs: .*\n", ""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path seed(Path image) throws IOException {
    Path seed = file();
    WorkSeed.write(image, seed, Operation.background());
    HostTool.assertConsistent(seed);
    return seed;
  }

  private static String inode(Path image, String path) {
    return comparable(stat(image, path));
  }

  /** What inodes say of themselves, without where they and their content lie. */
  private static String comparable(String stat) {
    String text = stat.replaceAll("Inode: \\d+ +", "").replaceAll("Generation: \\d+ +", "");
    return text.lines()
        .filter(line -> !line.startsWith("EXTENTS") && !line.startsWith("("))
        .filter(line -> !line.startsWith("Inode checksum"))
        .map(line -> line.replaceAll("File ACL: .*|Blockcount: \\d+|Size of extra.*", ""))
        .collect(Collectors.joining("\n"));
  }

  private static String number(Path image, String path) {
    return stat(image, path).replaceAll("(?s)Inode: (\\d+).*", "$1");
  }

  /** Names without spaces, sorted. */
  private static String names(Path image, String directory) {
    return Arrays.stream(HostTool.debugfs(image, "ls -p " + directory).split("\n"))
        .filter(line -> !line.isEmpty())
        .map(line -> line.split("/")[5])
        .filter(name -> !name.equals(".") && !name.equals(".."))
        .sorted()
        .collect(Collectors.joining(" "));
  }

  private static long allocated(Path file) {
    String[] blocks = HostTool.output("stat", "-c", "%b %B", file.toString()).strip().split(" ");
    return Long.parseLong(blocks[0]) * Long.parseLong(blocks[1]);
  }

  /** user::rwx, user:70000:r-x, group::r-x, mask::rwx, other::r--, as getxattr(2) gives it. */
  private static byte[] acl() {
    ByteBuffer acl = ByteBuffer.allocate(4 + 5 * 8).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
    int[][] entries = {{1, 7, -1}, {2, 5, 70_000}, {4, 5, -1}, {0x10, 7, -1}, {0x20, 4, -1}};
    for (int[] entry : entries) {
      acl.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]);
    }
    return acl.array();
  }
}
