// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.ext4.Ext4Exception.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Ext4MetadataTest extends Ext4ImageTest {

  private static Ext4ImageTest.Entries one(Ext4Metadata metadata) {
    return writer -> writer.file(path("f"), metadata, 0, InputStream.nullInputStream());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "4755, 65535, 65536",
    "2755, 70000, 4294967294",
    "1777, 4294967294, 1000",
    "7777, 1, 2"
  })
  void mode_and_owner_survive(String octal, long uid, long gid) throws IOException {
    int mode = Integer.parseInt(octal, 8);
    Ext4Metadata metadata = Ext4Metadata.of(mode, uid, gid, TIME);
    Path image =
        image(
            writer -> {
              one(metadata).writeTo(writer);
              Ext4Entry entry = writer.find(path("f")).orElseThrow();
              assertThat(entry.mode()).isEqualTo(mode);
              assertThat(entry.uid()).isEqualTo(uid);
              assertThat(entry.gid()).isEqualTo(gid);
            });
    LoopMount.assumePossible();
    try (LoopMount mount = LoopMount.readOnly(image)) {
      String file = mount.directory().resolve("f").toString();
      assertThat(Command.output("stat", "-c", "%a %u %g", file))
          .isEqualTo(octal + " " + uid + " " + gid + "\n");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0, 999999999",
    "-1, 1",
    "-2147483648, 5",
    "2147483647, 5",
    "2147483648, 5",
    "4294967296, 5",
    "10737418239, 5"
  })
  void times_survive(long seconds, int nanos) throws IOException {
    Instant time = Instant.ofEpochSecond(seconds, nanos);
    Ext4Metadata metadata =
        new Ext4Metadata(0644, 0, 0, time, time.plusNanos(-1), time.plusNanos(-2), Map.of());
    Path image =
        image(
            writer -> {
              one(seconds < -2147483647L ? Ext4Metadata.of(0644, 0, 0, time) : metadata)
                  .writeTo(writer);
              assertThat(writer.find(path("f")).orElseThrow().mtime()).isEqualTo(time);
            });
    LoopMount.assumePossible();
    try (LoopMount mount = LoopMount.readOnly(image)) {
      String file = mount.directory().resolve("f").toString();
      assertThat(Command.output("find", file, "-printf", "%T@"))
          .isEqualTo(String.format("%d.%09d0", seconds, nanos));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-2147483649, -2147483648",
    "-1000000000000, -2147483648",
    "10737418240, 10737418239",
    "1000000000000, 10737418239"
  })
  void times_out_of_range_become_the_nearest(long given, long kept) throws IOException {
    image(
        writer -> {
          one(Ext4Metadata.of(0644, 0, 0, Instant.ofEpochSecond(given))).writeTo(writer);
          assertThat(writer.find(path("f")).orElseThrow().mtime())
              .isEqualTo(Instant.ofEpochSecond(kept));
        });
    one(Ext4Metadata.of(0644, 0, 0, Instant.MAX));
    one(Ext4Metadata.of(0644, 0, 0, Instant.MIN));
  }

  /** Reads attributes back with debugfs, which converts them to the form that Linux shows. */
  private Map<String, byte[]> attributes(Path image, Iterable<String> names) throws IOException {
    Map<String, byte[]> read = new HashMap<>();
    for (String name : names) {
      Path value = home.resolve("value");
      Files.deleteIfExists(value);
      Oracle.debugfs(image, "ea_get -f " + value + " /f " + name);
      if (Files.exists(value)) {
        read.put(name, Files.readAllBytes(value));
      }
    }
    return read;
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 50, 56, 57, 60, 64, 65, 500, 4000, 4040})
  void an_attribute_of_any_size_survives(int size) throws IOException {
    Map<String, byte[]> xattrs = Map.of("user.name", random(size));
    Path image = image(one(PLAIN.withXattrs(xattrs)));
    assertThat(attributes(image, xattrs.keySet())).containsExactlyEntriesOf(xattrs);
  }

  @Test
  void many_attributes_survive_in_the_inode_and_in_a_block() throws IOException {
    Map<String, byte[]> xattrs = new TreeMap<>();
    for (int i = 0; i < 40; i++) {
      xattrs.put("user." + "n".repeat(1 + i * 7 % 30) + i, random(i * 11 % 64));
    }
    xattrs.put("security.capability", random(20));
    xattrs.put("security.selinux", "system_u:object_r:bin_t:s0\0".getBytes(UTF_8));
    xattrs.put("trusted.overlay.opaque", new byte[] {'y'});
    xattrs.put("user.\u00fc\u4e16", random(9));
    Path image = image(one(PLAIN.withXattrs(xattrs)));
    Map<String, byte[]> read = attributes(image, xattrs.keySet());
    assertThat(read.keySet()).containsExactlyInAnyOrderElementsOf(xattrs.keySet());
    read.forEach((name, value) -> assertThat(value).as(name).isEqualTo(xattrs.get(name)));
    LoopMount.assumePossible();
    try (LoopMount mount = LoopMount.readOnly(image)) {
      UserDefinedFileAttributeView view =
          Files.getFileAttributeView(
              mount.directory().resolve("f"), UserDefinedFileAttributeView.class);
      assertThat(view.list()).hasSize(41);
      for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
        if (xattr.getKey().matches("user\\.\\p{ASCII}+")) {
          ByteBuffer value = ByteBuffer.allocate(100);
          int length = view.read(xattr.getKey().substring(5), value);
          assertThat(value.flip()).isEqualTo(ByteBuffer.wrap(xattr.getValue()));
          assertThat(length).isEqualTo(xattr.getValue().length);
        }
      }
    }
  }

  @Test
  void every_type_of_entry_has_attributes() throws IOException {
    Ext4Metadata attributed =
        PLAIN.withXattrs(Map.of("trusted.a", random(300), "security.b", random(10)));
    image(
        writer -> {
          writer.directory(Ext4Path.ROOT, attributed);
          writer.directory(path("d"), attributed);
          writer.symlink(path("short"), attributed, new byte[] {'x'});
          writer.symlink(path("long"), attributed, "x".repeat(100).getBytes(UTF_8));
          writer.special(path("null"), attributed, Ext4FileType.CHARACTER_DEVICE, 1, 3);
          long free = writer.freeBytes();
          one(attributed).writeTo(writer);
          writer.remove(path("f"));
          assertThat(writer.freeBytes()).isEqualTo(free);
        });
  }

  private static byte[] acl(int... words) {
    ByteBuffer acl = ByteBuffer.allocate(4 + words.length / 3 * 8).order(ByteOrder.LITTLE_ENDIAN);
    acl.putInt(2);
    for (int i = 0; i < words.length; i += 3) {
      acl.putShort((short) words[i]).putShort((short) words[i + 1]).putInt(words[i + 2]);
    }
    return acl.array();
  }

  private static final int[] GOOD = {
    1, 7, -1, 2, 6, 1000, 2, 5, 70000, 4, 5, -1, 8, 4, 50, 0x10, 7, -1, 0x20, 4, -1
  };

  @Test
  void access_control_lists_survive() throws IOException {
    Map<String, byte[]> xattrs = new LinkedHashMap<>();
    xattrs.put("system.posix_acl_access", acl(GOOD));
    xattrs.put("system.posix_acl_default", acl(1, 7, -1, 4, 5, -1, 0x20, 0, -1));
    Path image =
        image(
            writer -> {
              writer.directory(path("f"), OPEN.withXattrs(xattrs));
              writer.directory(path("open"), Ext4Metadata.of(0700, 0, 0, TIME));
            });
    Map<String, byte[]> read = attributes(image, xattrs.keySet());
    // debugfs shows 0 for the id of an entry that has none, the kernel -1.
    xattrs.replaceAll((name, value) -> withoutUnusedIds(value));
    assertThat(read).hasSize(2);
    read.forEach((name, value) -> assertThat(value).as(name).isEqualTo(xattrs.get(name)));
  }

  private static byte[] withoutUnusedIds(byte[] acl) {
    ByteBuffer buffer = ByteBuffer.wrap(acl.clone()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 4; i < acl.length; i += 8) {
      if (buffer.getInt(i + 4) == -1) {
        buffer.putInt(i + 4, 0);
      }
    }
    return buffer.array();
  }

  @Test
  void lists_that_the_kernel_would_refuse_are_refused() throws IOException {
    byte[][] bad = {
      {},
      {2, 0, 0, 0},
      {1, 0, 0, 0},
      acl(1, 7, -1, 4, 5, -1),
      acl(1, 7, -1, 2, 6, 1000, 4, 5, -1, 0x20, 4, -1),
      acl(4, 7, -1, 1, 5, -1, 0x20, 4, -1),
      acl(1, 8, -1, 4, 5, -1, 0x20, 4, -1),
      acl(1, 7, -1, 1, 7, -1, 4, 5, -1, 0x20, 4, -1),
      acl(1, 7, -1, 4, 5, -1, 0x20, 4, -1, 0x40, 4, -1),
      java.util.Arrays.copyOf(acl(GOOD), acl(GOOD).length - 1)
    };
    for (byte[] value : bad) {
      assertRefused(Map.of("system.posix_acl_access", value), Reason.INVALID_XATTR);
    }
    assertRefused(Map.of("system.posix_acl_default", acl(GOOD)), Reason.INVALID_XATTR);
    image(one(PLAIN.withXattrs(Map.of("system.posix_acl_access", acl(GOOD)))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "user", "user.", "users.a", "system.data", "btrfs.a", "user.\ud800"})
  void names_that_ext4_lacks_are_refused(String name) {
    assertRefused(Map.of(name, new byte[1]), Reason.INVALID_XATTR);
  }

  @Test
  void names_and_values_have_limits() throws IOException {
    String longest = "user." + "x".repeat(250);
    image(one(PLAIN.withXattrs(Map.of(longest, new byte[1]))));
    assertRefused(Map.of(longest + "x", new byte[1]), Reason.INVALID_XATTR);
    assertRefused(Map.of("user.a\0b", new byte[1]), Reason.INVALID_XATTR);
    assertRefused(Map.of("user.a", new byte[4060]), Reason.XATTRS_TOO_LARGE);
    assertRefused(
        Map.of("user.a", new byte[3000], "user.b", new byte[3000]), Reason.XATTRS_TOO_LARGE);
  }

  private void assertRefused(Map<String, byte[]> xattrs, Reason reason) {
    assertThat(Ext4RefusalTest.reason(() -> image(one(PLAIN.withXattrs(xattrs)))))
        .as("%s", xattrs.keySet())
        .isEqualTo(reason);
  }
}
