// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.ext4.Ext4Metadata;
import dev.banger.ext4.Ext4Path;
import dev.banger.operation.Operation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers lie over each other as the OCI image specification says. */
class LayerSemanticsTest extends LayeredImageFixture {

  @Test
  void upper_layers_add_replace_and_hide() throws IOException {
    Path image =
        image(
            tar().directory("etc/").file("etc/a", "1").file("etc/b", "1").file("c", "1").end(),
            tar().file("etc/a", "2").special('0', "etc/.wh.b").special('0', ".wh.c").end());
    assertThat(cat(image, "/etc/a")).isEqualTo("2");
    assertThat(exists(image, "/etc/b")).isFalse();
    assertThat(exists(image, "/c")).isFalse();
    assertThat(exists(image, "/.wh.c")).isFalse();
  }

  @Test
  void a_whiteout_hides_lower_layers_only_wherever_it_stands() throws IOException {
    byte[] lower = tar().file("d/old", "1").file("e/old", "1").end();
    Path image =
        image(
            lower,
            tar()
                .special('0', ".wh.d")
                .file("d/new", "2")
                .file("e/new", "2")
                .special('0', ".wh.e")
                .end());
    for (String directory : List.of("/d", "/e")) {
      assertThat(exists(image, directory + "/old")).as(directory).isFalse();
      assertThat(cat(image, directory + "/new")).as(directory).isEqualTo("2");
    }
  }

  @Test
  void an_opaque_directory_keeps_only_what_its_layer_has() throws IOException {
    Path image =
        image(
            tar().file("d/old", "1").file("d/sub/old", "1").file("d/both", "1").end(),
            tar()
                .file("d/new", "2")
                .special('0', "d/.wh..wh..opq")
                .file("d/both", "2")
                .file("d/sub/new", "2")
                .end());
    assertThat(exists(image, "/d/old")).isFalse();
    assertThat(exists(image, "/d/sub/old")).isFalse();
    assertThat(cat(image, "/d/new") + cat(image, "/d/both") + cat(image, "/d/sub/new"))
        .isEqualTo("222");
  }

  @Test
  void hard_links_lead_to_the_file_that_was_there() throws IOException {
    Path image =
        image(
            tar().file("a", "1").hardLink("b", "a").end(),
            tar().hardLink("c", "./a").file("a", "2").end(),
            tar().special('0', ".wh.b").end());
    assertThat(cat(image, "/a")).isEqualTo("2");
    assertThat(cat(image, "/c")).isEqualTo("1");
    assertThat(stat(image, "/c")).contains("Links: 1");
  }

  @Test
  void types_replace_each_other() throws IOException {
    Path image =
        image(
            tar().file("f", "1").file("d/x", "1").symlink("l", "d").end(),
            tar().directory("f/").file("f/x", "2").file("d", "2").directory("l/").end());
    assertThat(cat(image, "/f/x")).isEqualTo("2");
    assertThat(cat(image, "/d")).isEqualTo("2");
    assertThat(stat(image, "/l")).contains("Type: directory");
  }

  @Test
  void the_last_of_two_entries_wins_and_a_directory_keeps_its_children() throws IOException {
    Path image =
        image(
            tar().file("a", "1").file("a", "2").directory("d").file("d/x", "1").end(),
            tar().mode(0700).owner(7, 8).directory("d/").mode(01777).directory("./").end());
    assertThat(cat(image, "/a")).isEqualTo("2");
    assertThat(cat(image, "/d/x")).isEqualTo("1");
    assertThat(stat(image, "/d")).contains("Mode:  0700").containsPattern("User: +7 +Group: +8");
    assertThat(stat(image, "/")).contains("Mode:  01777");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 511, 512, 513})
  void a_tar_may_end_with_the_last_byte_of_its_last_file(int size) throws IOException {
    byte[] whole = tar().file("a", "1").file("b", "x".repeat(size)).end();
    int unpadded = 3 * TarBytes.RECORD + size;
    Path image = image(Arrays.copyOf(whole, unpadded), tar().file("c", "2").end());
    assertThat(cat(image, "/a") + cat(image, "/b") + cat(image, "/c"))
        .isEqualTo("1" + "x".repeat(size) + "2");
    assertThatThrownBy(() -> image(Arrays.copyOf(whole, unpadded - 1)))
        .hasMessageContaining("Truncated");
  }

  @Test
  void missing_parents_are_roots_and_open() throws IOException {
    Path image = image(tar().file("a/b/c", "1").end());
    assertThat(stat(image, "/a/b")).contains("Mode:  0755").containsPattern("User: +0 +Group: +0");
  }

  @Test
  void parents_that_are_links_are_followed_inside_the_image() throws IOException {
    Path image =
        image(
            tar().directory("usr/lib/").symlink("lib", "usr/lib").symlink("up", "../../x").end(),
            tar().file("lib/a", "1").file("up/b", "2").hardLink("c", "lib/a").end(),
            tar().special('0', "lib/.wh.a").file("lib/d", "3").end());
    assertThat(exists(image, "/usr/lib/a")).isFalse();
    assertThat(cat(image, "/usr/lib/d")).isEqualTo("3");
    assertThat(cat(image, "/x/b")).isEqualTo("2");
    assertThat(cat(image, "/c")).isEqualTo("1");
    assertThat(stat(image, "/lib")).contains("Type: symlink");
  }

  @Test
  void what_aufs_kept_for_itself_is_no_content() throws IOException {
    Path image =
        image(
            tar()
                .directory(".wh..wh.plnk/")
                .file(".wh..wh.plnk/1.2", "x")
                .file(".wh..wh.aufs", "")
                .file("a", "1")
                .end());
    assertThat(exists(image, "/.wh..wh.plnk")).isFalse();
    assertThat(cat(image, "/a")).isEqualTo("1");
  }

  @Test
  void empty_layers_and_no_layers_make_empty_images() throws IOException {
    assertThat(exists(image(), "/lost+found")).isTrue();
    Path image = image(new byte[0], tar().end(), tar().file("a", "1").end());
    assertThat(cat(image, "/a")).isEqualTo("1");
  }

  @Test
  void entries_can_be_left_out_and_others_added() throws IOException {
    LayeredImage writer =
        LayeredImage.of(SMALL)
            .keeping(path -> !path.toString().equals("/etc/hostname"))
            .with(
                image ->
                    image.file(
                        Ext4Path.of("etc/added"),
                        Ext4Metadata.of(0644, 0, 0, Instant.EPOCH),
                        1,
                        new ByteArrayInputStream(new byte[] {'x'})));
    Path image = image(writer, layers(tar().file("etc/hostname", "h").file("etc/b", "1").end()));
    assertThat(exists(image, "/etc/hostname")).isFalse();
    assertThat(cat(image, "/etc/b") + cat(image, "/etc/added")).isEqualTo("1x");
  }

  @Test
  void a_failing_addition_leaves_nothing() {
    Path file = file();
    LayeredImage writer =
        LayeredImage.of(SMALL)
            .with(
                image -> {
                  throw new BangerException(ErrorCode.OPERATION_FAILED, "the producer failed");
                });
    assertThatThrownBy(() -> writer.write(List.of(), file, Operation.background()))
        .hasMessage("the producer failed");
    assertThat(file).doesNotExist();
  }

  @Test
  void the_same_layers_give_the_same_bytes() throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    new Random(1).ints(100_000).forEach(content::write);
    TarBytes lower = tar().file("big", content.toByteArray());
    for (int i = 0; i < 300; i++) {
      lower.pax("SCHILY.xattr.user.n", "" + i).pax("SCHILY.xattr.user.m", "1").file("d/" + i, "x");
    }
    byte[] upper = tar().file("d/7", "2").special('0', ".wh.big").file("e", "3").end();
    Path first = image(lower.end(), upper);
    Path second = image(lower.end(), upper);
    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    LayeredImage other = LayeredImage.of(LayeredImage.options(16 * MIB, "sha256:other").build());
    assertThat(Files.mismatch(first, image(other, layers(lower.end(), upper)))).isNotEqualTo(-1);
  }

  @Test
  void progress_tells_layers() throws IOException {
    List<String> stages = new ArrayList<>();
    Operation operation = Operation.start(event -> stages.add(event.message()));
    LayeredImage.of(SMALL).write(layers(tar().end(), tar().end()), file(), operation);
    assertThat(stages).contains("writing layer 1 of 2", "writing layer 2 of 2");
  }
}
