// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.ext4.Ext4Options;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers that want what they should not are refused, and what is like them but right is not. */
class HostileLayerTest extends LayeredImageFixture {

  private BangerException refusal(LayeredImage writer, byte[]... tars) {
    Path file = file();
    BangerException refusal =
        catchThrowableOfType(
            BangerException.class, () -> writer.write(layers(tars), file, Operation.background()));
    assertThat(refusal).as("a refusal").isNotNull();
    assertThat(file).doesNotExist();
    assertThat(refusal.getMessage()).doesNotContain("\n");
    return refusal;
  }

  private void refused(String why, byte[]... tars) {
    BangerException refusal = refusal(LayeredImage.of(SMALL), tars);
    assertThat(refusal).hasMessageContaining(why).hasMessageContaining("layer " + tars.length);
    assertThat(refusal.code()).isEqualTo(ErrorCode.CORRUPT);
  }

  @Test
  void absolute_names_count_from_the_images_root() throws IOException {
    Path image = image(tar().file("/etc/a", "1").hardLink("b", "//etc/./a").end());
    assertThat(cat(image, "/etc/a") + cat(image, "/b")).isEqualTo("11");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../escape", "a/../../escape", "a/..", "..", "/.."})
  void names_that_lead_upwards_are_refused(String name) throws IOException {
    refused("\"..\"", tar().file(name, "1").end());
    refused("\"..\"", tar().file("a", "1").hardLink("b", name).end());
    refused("\"..\"", tar().pax("path", name).file("a", "1").end());
    assertThat(cat(image(tar().file("a/..b", "1").end()), "/a/..b")).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {".wh...", ".wh..", ".wh.", "a/.wh..."})
  void whiteouts_of_what_is_no_name_are_refused(String name) throws IOException {
    refused("layer 2", tar().file("a/b", "1").end(), tar().special('0', name).end());
    image(tar().file("a/...", "1").end(), tar().special('0', "a/.wh....").end());
  }

  @Test
  void links_through_links_end_below_the_root() throws IOException {
    byte[] links = tar().symlink("a", "/../..").symlink("b", "a/../../etc").end();
    Path image = image(links, tar().file("b/passwd", "1").file("a/top", "2").end());
    assertThat(cat(image, "/etc/passwd")).isEqualTo("1");
    assertThat(cat(image, "/top")).isEqualTo("2");
    refused("40", tar().symlink("x", "y").symlink("y", "x").file("x/f", "1").end());
  }

  @Test
  void hard_links_lead_to_files_that_are_there() throws IOException {
    byte[] lower = tar().file("a", "1").directory("d/").symlink("s", "/etc/shadow").end();
    refused("not there", lower, tar().hardLink("b", "etc/shadow").end());
    refused("not there", lower, tar().special('0', ".wh.a").hardLink("b", "a").end());
    refused("directory", lower, tar().hardLink("b", "d").end());
    refused("directory", lower, tar().hardLink("b", "/").end());
    Path image = image(lower, tar().hardLink("b", "a").hardLink("t", "s").end());
    assertThat(cat(image, "/b")).isEqualTo("1");
    assertThat(stat(image, "/t")).contains("Type: symlink");
  }

  @Test
  void nothing_lies_below_a_file() throws IOException {
    refused("/a/b", tar().file("a", "1").end(), tar().file("a/b", "1").end());
    image(tar().file("a", "1").end(), tar().directory("a").file("a/b", "1").end());
  }

  @Test
  void the_root_stays_a_directory() throws IOException {
    refused("root", tar().file("/", "").symlink("./", "x").end());
    refused("root", tar().hardLink(".", "x").end());
    image(tar().directory("./").end());
  }

  @Test
  void messages_show_odd_names_on_one_line() {
    BangerException refusal =
        refusal(LayeredImage.of(SMALL), tar().file("a\n\"\u0007/../b", "1").end());
    assertThat(refusal).hasMessageContaining("a\\012\\042\\007/../b");
    refusal(
        LayeredImage.of(SMALL),
        tar().pax("SCHILY.xattr.user." + "\n\u001b[31m".repeat(60), "x").file("a", "1").end());
  }

  @Test
  void paths_deeper_than_a_system_call_takes_are_refused() throws IOException {
    refused("deep", tar().file("a/".repeat(4095) + "f", "1").end());
    BangerException limited =
        refusal(
            LayeredImage.of(SMALL).limitedTo(LayerLimits.DEFAULT.withPathDepth(3)),
            tar().file("a/b/c/d", "1").end());
    assertThat(limited).hasMessageContaining("3 names deep");
    Ext4Options options =
        LayeredImage.options(64 * MIB, "deep").journalBlocks(0).sync(false).build();
    image(LayeredImage.of(options), layers(tar().file("a/".repeat(2047) + "f", "1").end()));
  }

  @Test
  void a_name_too_long_for_linux_is_refused() throws IOException {
    refused("256 bytes", tar().file("n".repeat(256), "1").end());
    refused("NUL", tar().pax("path", "a\0b").file("x", "1").end());
    image(tar().file("n".repeat(255), "1").end());
  }

  @Test
  void more_entries_than_allowed_are_refused() throws IOException {
    byte[] two = tar().file("a", "1").file("b", "1").end();
    LayerLimits limits = LayerLimits.DEFAULT.withEntries(3);
    BangerException refusal = refusal(LayeredImage.of(SMALL).limitedTo(limits), two, two);
    assertThat(refusal).hasMessageContaining("more than 3 entries");
    assertThat(refusal.code()).isEqualTo(ErrorCode.OPERATION_FAILED);
    image(LayeredImage.of(SMALL).limitedTo(limits.withEntries(4)), layers(two, two));
  }

  @Test
  void more_bytes_than_allowed_are_refused() throws IOException {
    byte[] tar = tar().file("a", "1").end();
    LayerLimits limits = LayerLimits.DEFAULT.withBytes(2L * tar.length);
    image(LayeredImage.of(SMALL).limitedTo(limits), layers(tar, tar));
    BangerException refusal =
        refusal(LayeredImage.of(SMALL).limitedTo(limits.withBytes(2L * tar.length - 1)), tar, tar);
    assertThat(refusal).hasMessageContaining("bytes long");
    assertThat(refusal.code()).isEqualTo(ErrorCode.OPERATION_FAILED);
  }

  @Test
  void layers_larger_than_the_image_are_refused() throws IOException {
    byte[] content = new byte[17 << 20];
    new Random(1).nextBytes(content);
    BangerException refusal = refusal(LayeredImage.of(SMALL), tar().file("a/large", content).end());
    assertThat(refusal.code()).isEqualTo(ErrorCode.NO_SPACE);
    assertThat(refusal).hasMessageContaining("/a/large").hasMessageContaining("larger");
    LayeredImage few =
        LayeredImage.of(LayeredImage.options(16 * MIB, "few").inodes(16).sync(false).build());
    TarBytes many = tar();
    for (int i = 0; i < 40; i++) {
      many.file("f" + i, "");
    }
    assertThat(refusal(few, many.end()).code()).isEqualTo(ErrorCode.NO_SPACE);
    image(many.end());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5 a=b\n",
        "7 a=b\n",
        "06 a=b",
        "999999999999 a=b\n",
        "-6 a=b\n",
        "6 =ab\n",
        "6 abc\n",
        "x",
        "\n",
        "0 a=b\n"
      })
  void pax_records_that_lie_about_their_length_are_refused(String records) throws IOException {
    byte[] bytes = bytes(records);
    refused("PAX", tar().paxHeader('x', bytes, bytes.length).file("a", "1").end());
    image(tar().paxHeader('x', bytes("6 a=b\n"), 6).file("a", "1").end());
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "1e3", "99999999999999999999", "9223372036854775808", " 1", "0x1"})
  void pax_numbers_that_cannot_be_are_refused(String number) throws IOException {
    for (String key : new String[] {"size", "uid", "gid", "GNU.sparse.realsize"}) {
      refused("PAX record " + key, tar().pax(key, number).file("a", "1").end());
    }
    refused("owner", tar().pax("uid", "4294967295").file("a", "1").end());
    image(tar().pax("size", "1").pax("uid", "1").file("a", "1").end());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e9", "99999999999999999999", "now", "1.2.3", "--1", "999999999999999"})
  void pax_times_that_cannot_be_are_refused_or_clamped(String time) throws IOException {
    byte[] tar = tar().pax("mtime", time).file("a", "1").end();
    if (time.equals("999999999999999")) {
      image(tar);
    } else {
      refused("mtime", tar);
    }
  }

  @Test
  void a_size_beyond_the_stream_is_refused() throws IOException {
    byte[] whole = tar().file("a", "x".repeat(2000)).end();
    refused("\"a\": Truncated", Arrays.copyOf(whole, 1500));
    refused("middle of a header", Arrays.copyOf(whole, 100));
    refused("a", tar().pax("size", "1099511627776").file("a", "1").end());
    refused("layer 1", tar().header('0', "a", "", -5, 0644).end());
    image(whole);
  }

  @Test
  void extended_attributes_beyond_what_ext4_holds_are_refused() throws IOException {
    TarBytes many = tar();
    for (int i = 0; i < 2000; i++) {
      many.pax("SCHILY.xattr.user." + i, "x");
    }
    refused("extended attributes", many.file("a", "1").end());
    byte[] huge = new byte[2 << 20];
    refused("header of", tar().pax("SCHILY.xattr.user.x", huge).file("a", "1").end());
    refused(
        "posix_acl_access",
        tar().pax("SCHILY.xattr.system.posix_acl_access", "no list").file("a", "1").end());
    image(tar().pax("SCHILY.xattr.user.x", new byte[3000]).file("a", "1").end());
  }

  @Test
  void headers_about_headers_without_end_are_refused() throws IOException {
    TarBytes tar = tar();
    for (int i = 0; i < 20_000; i++) {
      tar.paxHeader('x', bytes("6 a=b\n"), 6);
    }
    refused("headers", tar.file("a", "1").end());
    refused("header", tar().header('L', "x", "", Integer.MAX_VALUE, 0).end());
    refused("", tar().paxHeader('x', bytes("6 a=b\n"), 6).end());
    refused("", tar().paxHeader('g', bytes("9 path=x\n"), 9).file("a", "1").end());
    image(tar().paxHeader('g', bytes("6 a=b\n"), 6).file("a", "1").end());
  }

  @Test
  void a_damaged_header_is_refused() throws IOException {
    byte[] tar = tar().file("a", "1").file("b", "1").end();
    image(tar);
    tar[1024 + 5] = 'x';
    refused("damaged", tar);
    refused("damaged", bytes("not a tar at all ".repeat(100)));
  }

  @Test
  void types_nobody_knows_and_content_where_none_can_be_are_refused() throws IOException {
    refused("type", tar().special('Z', "a").end());
    for (char type : "12346".toCharArray()) {
      refused("content", tar().file("t", "1").add(type, "a", "t", 1, new byte[1]).end());
    }
    refused("content", tar().add('0', "dir/", "", 1, new byte[1]).end());
    image(tar().add('0', "dir/", "", 0, new byte[0]).add('5', "hint", "", 512, new byte[0]).end());
  }

  @Test
  void device_numbers_out_of_range_are_refused() throws IOException {
    refused("device", tar().device(4096, 0).special('3', "a").end());
    image(tar().device(4095, (1 << 20) - 1).special('3', "a").end());
  }

  @Test
  void symbolic_links_need_a_target_that_fits() throws IOException {
    refused("target", tar().symlink("a", "").end());
    refused("target", tar().symlink("a", "x".repeat(4096)).end());
    image(tar().symlink("a", "x".repeat(4095)).end());
  }

  @Test
  void sparse_maps_that_lie_are_refused() throws IOException {
    refused("sparse", sparse("1\n0\n2\n", "10", "ab").end());
    refused("sparse", sparse("2\n5\n1\n0\n1\n", "10", "ab").end());
    refused("sparse", sparse("1\n9\n2\n", "10", "ab").end());
    refused("sparse", sparse("99999999999999999999\n", "10", "ab").end());
    refused("sparse", sparse("999999999\n", "10", "ab").end());
    Path image = image(sparse("2\n0\n1\n8\n1\n", "10", "ab").end());
    assertThat(stat(image, "/s")).contains("Size: 10");
    assertThat(cat(image, "/s")).isEqualTo("a\0\0\0\0\0\0\0b\0");
  }

  /** A sparse file of GNU's PAX format 1.0; the first and the fourth map lack data or do not. */
  private static TarBytes sparse(String map, String size, String data) {
    byte[] content = Arrays.copyOf(bytes(map), 512 + data.length());
    System.arraycopy(bytes(data), 0, content, 512, data.length());
    boolean lacking = map.startsWith("1\n0");
    byte[] stored = lacking ? Arrays.copyOf(content, 513) : content;
    return tar()
        .pax("GNU.sparse.major", "1")
        .pax("GNU.sparse.minor", "0")
        .pax("GNU.sparse.name", "s")
        .pax("GNU.sparse.realsize", size)
        .file("GNUSparseFile.0/s", stored);
  }

  @Test
  void random_bytes_after_a_good_start_are_refused_or_ignored() throws IOException {
    byte[] garbage = new byte[5000];
    new Random(2).nextBytes(garbage);
    refused("damaged", tar().file("a", "1").raw(garbage).end());
    Path image = image(tar().file("a", "1").raw(new byte[1024]).raw(garbage).soFar());
    assertThat(cat(image, "/a")).isEqualTo("1");
  }
}
