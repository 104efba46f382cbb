// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
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
