// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All that a tar can say of an inode arrives in the image. */
class LayerMetadataTest extends LayeredImageFixture {

  @Test
  void modes_and_large_owners_arrive() throws IOException {
    Path image =
        image(
            tar()
                .mode(04755)
                .owner(4_000_000, 4_000_001)
                .file("suid", "x")
                .pax("uid", "4294967294")
                .pax("gid", "70000")
                .mode(02750)
                .file("pax", "x")
                .mode(01777)
                .directory("tmp/")
                .end());
    assertThat(stat(image, "/suid")).contains("Mode:  04755").contains("User: 4000000");
    assertThat(stat(image, "/pax")).contains("Mode:  02750").contains("Group: 70000");
    assertThat(stat(image, "/pax")).containsPattern("User: +(-2|4294967294) ");
    assertThat(stat(image, "/tmp")).contains("Mode:  01777");
  }

  @Test
  void times_have_nanoseconds() throws IOException {
    Path image =
        image(
            tar()
                .pax("mtime", "1700000000.123456789")
                .file("now", "x")
                .pax("mtime", "-1.5")
                .file("before", "x")
                .file("plain", "x")
                .end());
    VisibleTree.assumeMountable();
    VisibleTree.mounted(
        image,
        root -> {
          String format = "%.9Y";
          assertThat(HostTool.output("stat", "-c", format, root + "/now"))
              .isEqualTo("1700000000.123456789\n");
          assertThat(HostTool.output("stat", "-c", format, root + "/before"))
              .isEqualTo("-1.500000000\n");
          assertThat(HostTool.output("stat", "-c", format, root + "/plain"))
              .isEqualTo("1700000000.000000000\n");
        });
  }

  @Test
  void binary_extended_attributes_arrive_and_foreign_ones_do_not() throws IOException {
    // VFS_CAP_REVISION_2, cap_net_bind_service, with bytes that are no UTF-8.
    byte[] capability = HexFormat.of().parseHex("0100000200040000000000008000ffc3280a3d00");
    Path image =
        image(
            tar()
                .pax("SCHILY.xattr.security.capability", capability)
                .pax("SCHILY.xattr.user.empty", "")
                .pax("SCHILY.xattr.user.\u00fc", "\u00fc")
                .pax("SCHILY.xattr.com.apple.quarantine", "x")
                .file("ping", "x")
                .end());
    assertThat(attribute(image, "/ping", "security.capability")).isEqualTo(capability);
    assertThat(attribute(image, "/ping", "user.\u00fc")).isEqualTo("\u00fc".getBytes(UTF_8));
    assertThat(HostTool.debugfs(image, "ea_list /ping"))
        .contains("user.empty")
        .doesNotContain("apple");
  }

  @Test
  void access_lists_arrive_where_there_can_be_some() throws IOException {
    byte[] list = acl();
    Path image =
        image(
            tar()
                .pax("SCHILY.xattr.system.posix_acl_access", list)
                .file("f", "x")
                .pax("SCHILY.xattr.system.posix_acl_default", list)
                .directory("d/")
                .pax("SCHILY.xattr.system.posix_acl_default", list)
                .pax("SCHILY.xattr.system.posix_acl_access", list)
                .symlink("l", "f")
                .end());
    assertThat(HostTool.debugfs(image, "ea_list /f")).contains("system.posix_acl_access");
    assertThat(HostTool.debugfs(image, "ea_list /d")).contains("system.posix_acl_default");
    assertThat(HostTool.debugfs(image, "ea_list /l")).doesNotContain("acl");
  }

  /** user::rw-, user:1000:r--, group::r--, mask::r--, other::--- as getxattr(2) gives it. */
  private static byte[] acl() {
    ByteBuffer acl = ByteBuffer.allocate(4 + 5 * 8).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
    int[][] entries = {{1, 6, -1}, {2, 4, 1000}, {4, 4, -1}, {0x10, 4, -1}, {0x20, 0, -1}};
    for (int[] entry : entries) {
      acl.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]);
    }
    return acl.array();
  }

  private byte[] attribute(Path image, String path, String name) throws IOException {
    Path value = home.resolve("value");
    HostTool.debugfs(image, "ea_get -f " + value + " " + path + " " + name);
    return Files.readAllBytes(value);
  }

  @Test
  void devices_and_pipes_stay_nodes() throws IOException {
    Path image =
        image(
            tar()
                .device(1, 3)
                .special('3', "null")
                .device(8, 300)
                .special('4', "disk")
                .special('6', "pipe")
                .end());
    assertThat(stat(image, "/null")).contains("Type: character special").contains("01:03");
    assertThat(stat(image, "/disk")).contains("Type: block special").contains("08:300");
    assertThat(stat(image, "/pipe")).contains("Type: FIFO");
  }

  @Test
  void names_stay_the_bytes_they_are() throws IOException {
    String latin = "caf\u00e9";
    String odd = "new\nline \"quoted\" \\ \u0001\u00ff";
    String component = "\u00e9".repeat(200);
    String deep = component + "/" + component + "/" + component;
    Path image =
        image(
            tar()
                .file(latin, "1")
                .file(odd, "2")
                .file(deep, "3")
                .symlink("link", deep)
                .header('L', "././@LongLink", "", 151, 0)
                .raw(Arrays.copyOf(bytes("\u00fe".repeat(150)), 512))
                .file("short", "4")
                .end());
    VisibleTree.assumeMountable();
    VisibleTree.mounted(
        image,
        root -> {
          String names = HostTool.output("find", root.toString(), "-type", "f", "-printf", "%P\\0");
          assertThat(names.split("\0"))
              .containsExactlyInAnyOrder(latin, odd, deep, "\u00fe".repeat(150));
          String target = HostTool.output("find", root.toString(), "-type", "l", "-printf", "%l");
          assertThat(target).isEqualTo(deep);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"--format=gnu", "--format=pax", "0.0", "0.1"})
  void sparse_files_stay_sparse(String format) throws IOException {
    HostTool.assume("tar");
    Path tree = Files.createDirectory(home.resolve("tree"));
    // A name too long for the header, and more pieces than a header of the old format holds.
    String name = "x".repeat(120);
    long size = 5L << 30;
    try (RandomAccessFile file = new RandomAccessFile(tree.resolve(name).toFile(), "rw")) {
      for (int i = 0; i < 40; i++) {
        file.seek(i * (100L << 20) + i);
        file.write(("piece " + i).getBytes(UTF_8));
      }
      file.setLength(size);
    }
    Files.writeString(tree.resolve("y"), "after");
    Path tar = home.resolve("sparse.tar");
    boolean version = !format.startsWith("--");
    HostTool.output(
        "tar",
        "-cSf",
        tar.toString(),
        version ? "--format=pax" : format,
        version ? "--sparse-version=" + format : "--sparse-version=1.0",
        "--sort=name",
        "-C",
        tree.toString(),
        ".");
    LayeredImage writer =
        LayeredImage.of(LayeredImage.options(256 * MIB, "s").journalBlocks(0).sync(false).build());
    Layer layer = Layer.of(() -> Files.newInputStream(tar), Compression.DETECTED);
    Path image = image(writer, List.of(layer));

    assertThat(stat(image, "/" + name)).contains("Size: " + size);
    assertThat(cat(image, "/y")).isEqualTo("after");
    VisibleTree.assumeMountable();
    VisibleTree.mounted(
        image,
        root -> {
          try (RandomAccessFile file = new RandomAccessFile(root + "/" + name, "r")) {
            for (int i = 0; i < 40; i++) {
              byte[] around = new byte[40];
              file.seek(i * (100L << 20) + i);
              file.readFully(around);
              assertThat(around).isEqualTo(Arrays.copyOf(bytes("piece " + i), around.length));
            }
          }
          String blocks = HostTool.output("stat", "-c", "%b", root + "/" + name).strip();
          assertThat(Long.parseLong(blocks)).isLessThan(40 * 2 * 8 + 64);
        });
  }

  @Test
  void gnu_tar_and_this_agree_about_a_tree() throws IOException {
    HostTool.assume("tar");
    VisibleTree.assumeMountable();
    Path tar = home.resolve("etc.tar");
    HostTool.run("tar", "--format=pax", "-cf", tar.toString(), "-C", "/etc", ".");
    LayeredImage writer = LayeredImage.of(LayeredImage.options(64 * MIB, "s").sync(false).build());
    Path image =
        image(writer, List.of(Layer.of(() -> Files.newInputStream(tar), Compression.NONE)));
    Path unpacked = Files.createDirectory(home.resolve("unpacked"));
    HostTool.output("tar", "-xpf", tar.toString(), "-C", unpacked.toString());
    VisibleTree.mounted(
        image,
        root -> assertThat(VisibleTree.describe(root)).isEqualTo(VisibleTree.describe(unpacked)));
  }
}
