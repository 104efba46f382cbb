// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Parents that are symbolic links lead where they would lead a process inside the image. */
class Ext4ResolutionTest extends Ext4ImageTest {

  private static void link(Ext4ImageWriter writer, String path, String target) throws IOException {
    writer.symlink(path(path), PLAIN, target.getBytes(ISO_8859_1));
  }

  private static String resolve(Ext4ImageWriter writer, String path) throws IOException {
    return writer.resolveParents(path(path)).toString();
  }

  @Test
  void links_to_directories_are_followed_and_the_last_name_is_not() throws IOException {
    image(
        writer -> {
          writer.directory(path("usr/lib"), OPEN);
          link(writer, "lib", "usr/lib");
          link(writer, "absolute", "/usr/./lib//");
          link(writer, "usr/up", "../lib");
          assertThat(resolve(writer, "lib/x")).isEqualTo("/usr/lib/x");
          assertThat(resolve(writer, "absolute/x/y")).isEqualTo("/usr/lib/x/y");
          assertThat(resolve(writer, "usr/up/x")).isEqualTo("/usr/lib/x");
          assertThat(resolve(writer, "lib")).isEqualTo("/lib");
          assertThat(resolve(writer, "usr/lib/x")).isEqualTo("/usr/lib/x");
          assertThat(writer.resolveParents(Ext4Path.ROOT)).isEqualTo(Ext4Path.ROOT);
        });
  }

  @Test
  void no_link_leads_out_of_the_image() throws IOException {
    image(
        writer -> {
          link(writer, "out", "../../../../etc");
          link(writer, "deep/out", "/../../etc");
          link(writer, "root", "/");
          link(writer, "dots", "..");
          assertThat(resolve(writer, "out/passwd")).isEqualTo("/etc/passwd");
          assertThat(resolve(writer, "deep/out/passwd")).isEqualTo("/etc/passwd");
          assertThat(resolve(writer, "root/x")).isEqualTo("/x");
          assertThat(resolve(writer, "dots/dots/x")).isEqualTo("/x");
        });
  }

  @Test
  void what_a_link_leads_to_need_not_be_there() throws IOException {
    image(
        writer -> {
          link(writer, "dangling", "not/there");
          assertThat(resolve(writer, "dangling/x")).isEqualTo("/not/there/x");
          link(writer, "around", "gone/../kept");
          assertThat(resolve(writer, "around/x")).isEqualTo("/kept/x");
        });
  }

  @Test
  void forty_links_are_followed_and_a_loop_is_refused() throws IOException {
    image(
        writer -> {
          for (int i = 0; i < 41; i++) {
            link(writer, "link" + i, i == 0 ? "end" : "link" + (i - 1));
          }
          assertThat(resolve(writer, "link39/x")).isEqualTo("/end/x");
          assertThatThrownBy(() -> resolve(writer, "link40/x")).hasMessageContaining("40");
          link(writer, "loop", "loop/loop");
          assertThatThrownBy(() -> resolve(writer, "loop/x"))
              .isInstanceOfSatisfying(
                  Ext4Exception.class,
                  e -> assertThat(e.reason()).isEqualTo(Ext4Exception.Reason.SYMLINK_LOOP));
        });
  }

  @Test
  void a_link_cannot_make_a_path_deeper_than_allowed() throws IOException {
    Ext4Options shallow = Ext4Options.ofSize(64 * MIB).maxDepth(4).build();
    image(
        shallow,
        writer -> {
          link(writer, "in", "a/b/c");
          assertThat(resolve(writer, "in/x")).isEqualTo("/a/b/c/x");
          assertThatThrownBy(() -> resolve(writer, "in/x/y")).hasMessageContaining("deep");
        });
  }

  @Test
  void missing_directories_are_made_like_parents_that_no_entry_named() throws IOException {
    image(
        Ext4Options.ofSize(64 * MIB).timestamp(Instant.ofEpochSecond(1234)).build(),
        writer -> {
          writer.directory(path("srv"), Ext4Metadata.of(0700, 5, 6, Instant.EPOCH));
          assertThat(writer.directories(path("srv/a/b"))).isTrue();
          assertThat(writer.directories(path("srv/a/b"))).isTrue();
          assertThat(writer.directories(path("srv/a"))).isTrue();
          assertThat(writer.directories(Ext4Path.ROOT)).isTrue();
          Ext4Entry there = writer.find(path("srv")).orElseThrow();
          assertThat(List.of(there.mode(), there.uid(), there.gid()))
              .isEqualTo(List.of(0700, 5L, 6L));
          for (String made : List.of("srv/a", "srv/a/b")) {
            Ext4Entry entry = writer.find(path(made)).orElseThrow();
            assertThat(entry.type()).isEqualTo(Ext4FileType.DIRECTORY);
            assertThat(List.of(entry.mode(), entry.uid(), entry.gid()))
                .isEqualTo(List.of(0755, 0L, 0L));
            assertThat(entry.mtime()).isEqualTo(Instant.ofEpochSecond(1234));
          }
          // The image can still be written.
          empty(writer, "srv/a/b/file");
        });
  }

  @Test
  void missing_directories_are_made_where_links_lead_and_never_outside() throws IOException {
    image(
        writer -> {
          writer.directory(path("usr/lib"), OPEN);
          link(writer, "lib", "usr/lib");
          link(writer, "usr/absolute", "/usr/../lib//.");
          link(writer, "out", "../../../usr");
          link(writer, "usr/lib/up", "..");
          assertThat(writer.directories(path("lib/a"))).isTrue();
          assertThat(writer.directories(path("usr/absolute/b/c"))).isTrue();
          assertThat(writer.directories(path("out/d"))).isTrue();
          assertThat(writer.directories(path("lib/up/e"))).isTrue();
          assertThat(writer.directories(path("lib"))).isTrue();
          for (String made : List.of("usr/lib/a", "usr/lib/b/c", "usr/d", "usr/e")) {
            assertThat(writer.find(path(made))).as(made).isPresent();
          }
          assertThat(writer.find(path("lib")).orElseThrow().type()).isEqualTo(Ext4FileType.SYMLINK);
        });
  }

  @Test
  void nothing_is_made_where_a_name_is_no_directory_and_leads_to_none() throws IOException {
    image(
        writer -> {
          writer.directory(path("there"), OPEN);
          empty(writer, "file");
          link(writer, "to-file", "file");
          link(writer, "dangling", "there/missing");
          link(writer, "through-file", "file/../there");
          link(writer, "loop", "loop/loop");
          for (String name : List.of("file", "to-file", "dangling", "through-file", "loop")) {
            assertThat(writer.directories(path(name))).as(name).isFalse();
            assertThat(writer.directories(path(name + "/a/b"))).as(name).isFalse();
            assertThat(writer.find(path(name + "/a"))).as(name).isEmpty();
          }
          assertThat(writer.find(path("there/missing"))).isEmpty();
          assertThat(writer.directories(path("there/a/b"))).isTrue();
        });
  }

  @Test
  void a_path_to_make_leads_through_forty_links_in_all() throws IOException {
    image(
        writer -> {
          link(writer, "self", ".");
          assertThat(writer.directories(path("self/".repeat(40) + "made"))).isTrue();
          assertThat(writer.find(path("made"))).isPresent();
          assertThat(writer.directories(path("self/".repeat(41) + "not"))).isFalse();
          assertThat(writer.find(path("not"))).isEmpty();
        });
  }

  @Test
  void links_do_not_make_directories_deeper_than_allowed() throws IOException {
    image(
        Ext4Options.ofSize(64 * MIB).maxDepth(4).build(),
        writer -> {
          writer.directory(path("a/b/c"), OPEN);
          link(writer, "in", "a/b/c");
          assertThat(writer.directories(path("in/x"))).isTrue();
          assertThat(writer.directories(path("in/y/z"))).isFalse();
          assertThat(writer.find(path("a/b/c/y"))).isEmpty();
          assertThat(writer.directories(path("1/2/3/4/5"))).isFalse();
          assertThat(writer.find(path("1"))).isEmpty();
          assertThat(writer.directories(path("1/2/3/4"))).isTrue();
        });
  }

  @Test
  void a_whiteout_said_again_takes_no_time_and_one_after_a_removal_takes_what_is_left()
      throws IOException {
    image(
        Ext4Options.ofSize(64 * MIB).inodes(21_000).build(),
        writer -> {
          writer.directory(path("top/kept"), OPEN);
          writer.beginLayer();
          List<Ext4Path> files = new ArrayList<>();
          for (int i = 0; i < 20_000; i++) {
            files.add(path("top/kept/" + i));
            empty(writer, "top/kept/" + i);
          }
          // Looked through each time, these would be four hundred million entries.
          for (Ext4Path file : files) {
            assertThat(writer.whiteout(path("top"))).isTrue();
            assertThat(writer.opaque(path("top/kept"))).isTrue();
            assertThat(writer.find(file)).isPresent();
          }
          for (Ext4Path file : files) {
            writer.remove(file);
          }
          writer.whiteout(path("top"));
          assertThat(writer.find(path("top"))).isEmpty();
        });
  }
}
