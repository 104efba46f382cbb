// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Ext4ReplacementTest extends Ext4ImageTest {

  @Test
  void a_later_file_wins() throws IOException {
    Path image =
        image(
            writer -> {
              file(writer, "a", "first");
              writer.hardLink(path("b"), path("a"));
              file(writer, "a", "second");
            });
    assertThat(Oracle.debugfs(image, "cat /a")).isEqualTo("second");
    assertThat(Oracle.debugfs(image, "cat /b")).isEqualTo("first");
  }

  @Test
  void a_file_replaces_a_directory_and_back() throws IOException {
    Path image =
        image(
            writer -> {
              file(writer, "a/b/c", "old");
              file(writer, "a", "new");
              assertThat(writer.find(path("a/b"))).isEmpty();
              file(writer, "d", "old");
              writer.directory(path("d"), OPEN);
              file(writer, "d/e", "new");
            });
    assertThat(Oracle.debugfs(image, "cat /a")).isEqualTo("new");
    assertThat(Oracle.debugfs(image, "cat /d/e")).isEqualTo("new");
  }

  @Test
  void a_directory_over_a_directory_replaces_metadata_only() throws IOException {
    Ext4Metadata attributed = OPEN.withXattrs(Map.of("user.large", new byte[1000]));
    Path image =
        image(
            writer -> {
              writer.directory(path("a"), attributed);
              file(writer, "a/b", "content");
              long free = writer.freeBytes();
              writer.directory(path("a"), Ext4Metadata.of(0700, 1, 2, TIME));
              assertThat(writer.freeBytes()).isEqualTo(free + 4096);
            });
    assertThat(Oracle.debugfs(image, "cat /a/b")).isEqualTo("content");
    assertThat(Oracle.debugfs(image, "stat /a")).contains("Mode:  0700", "User:     1");
  }

  @Test
  void a_hard_link_survives_replacing_the_directory_of_its_target() throws IOException {
    Path image =
        image(
            writer -> {
              file(writer, "a/b", "content");
              writer.hardLink(path("a"), path("a/b"));
            });
    assertThat(Oracle.debugfs(image, "cat /a")).isEqualTo("content");
    assertThat(Oracle.debugfs(image, "stat /a")).contains("Links: 1 ");
  }

  @Test
  void parents_without_an_entry_are_roots_and_open() throws IOException {
    Path image = image(writer -> empty(writer, "a/b/c"));
    assertThat(Oracle.debugfs(image, "stat /a/b"))
        .contains("Mode:  0755", "User:     0   Group:     0");
  }

  @Test
  void removed_space_is_used_again() throws IOException {
    byte[] content = new byte[30 << 20];
    new Random(1).nextBytes(content);
    Path image =
        image(
            writer -> {
              long free = writer.freeBytes();
              for (int i = 0; i < 5; i++) {
                writer.file(path("d/f"), PLAIN, content.length, new ByteArrayInputStream(content));
                assertThat(writer.remove(path("d"))).isTrue();
                assertThat(writer.remove(path("d"))).isFalse();
                assertThat(writer.freeBytes()).isEqualTo(free);
              }
              // Holes in the free space, so that the file lies in pieces.
              for (int i = 0; i < 1000; i++) {
                file(writer, "small/" + i, "x");
              }
              for (int i = 0; i < 1000; i += 2) {
                writer.remove(path("small/" + i));
              }
              writer.file(path("d/f"), PLAIN, content.length, new ByteArrayInputStream(content));
            });
    Path dump = home.resolve("dump");
    Oracle.debugfs(image, "dump /d/f " + dump);
    assertThat(dump).hasBinaryContent(content);
  }

  @Test
  void a_fragmented_file_gives_its_tree_back() throws IOException {
    image(
        writer -> {
          for (int i = 0; i < 4000; i++) {
            file(writer, "small/" + i, "x");
          }
          for (int i = 0; i < 4000; i += 2) {
            writer.remove(path("small/" + i));
          }
          byte[] content = new byte[1800 * 4096];
          new Random(1).nextBytes(content);
          long free = writer.freeBytes();
          writer.file(path("f"), PLAIN, content.length, new ByteArrayInputStream(content));
          // 1800 extents take six leaves, too many for the inode, so there is a node above.
          assertThat(writer.freeBytes()).isEqualTo(free - content.length - 7 * 4096);
          writer.remove(path("f"));
          assertThat(writer.freeBytes()).isEqualTo(free);
        });
  }

  @Test
  void whiteouts_hide_lower_layers_only() throws IOException {
    Path image =
        image(
            writer -> {
              file(writer, "a/lower", "1");
              file(writer, "a/both", "1");
              file(writer, "b/lower", "1");
              file(writer, "c", "1");
              writer.beginLayer();
              file(writer, "a/both", "2");
              file(writer, "a/upper", "2");
              assertThat(writer.whiteout(path("a"))).isTrue();
              assertThat(writer.whiteout(path("b"))).isTrue();
              assertThat(writer.whiteout(path("nothing"))).isFalse();
              file(writer, "c", "2");
              assertThat(writer.whiteout(path("c"))).isTrue();
              assertThat(writer.find(path("c"))).get().matches(Ext4Entry::currentLayer);
              assertThat(writer.find(path("a/lower"))).isEmpty();
              assertThat(writer.find(path("b"))).isEmpty();
              writer.beginLayer();
              assertThat(writer.find(path("c"))).get().matches(entry -> !entry.currentLayer());
              writer.whiteout(path("c"));
              assertThat(writer.find(path("c"))).isEmpty();
            });
    assertThat(Oracle.debugfs(image, "cat /a/both")).isEqualTo("2");
    assertThat(Oracle.debugfs(image, "cat /a/upper")).isEqualTo("2");
  }

  @Test
  void an_opaque_directory_hides_what_is_below_in_lower_layers() throws IOException {
    image(
        writer -> {
          file(writer, "a/lower/x", "1");
          file(writer, "a/shared/x", "1");
          writer.hardLink(path("other"), path("a/lower/x"));
          writer.beginLayer();
          file(writer, "a/shared/y", "2");
          writer.hardLink(path("a/z"), path("other"));
          assertThat(writer.opaque(path("a"))).isTrue();
          assertThat(writer.opaque(path("other"))).isFalse();
          assertThat(writer.find(path("a/lower"))).isEmpty();
          assertThat(writer.find(path("a/shared/x"))).isEmpty();
          assertThat(writer.find(path("a/shared/y"))).isPresent();
          assertThat(writer.find(path("a/z"))).get().extracting(Ext4Entry::links).isEqualTo(2);
          writer.beginLayer();
          assertThat(writer.opaque(Ext4Path.ROOT)).isTrue();
          assertThat(writer.find(path("a"))).isEmpty();
          assertThat(writer.find(path("lost+found"))).isPresent();
        });
  }
}
