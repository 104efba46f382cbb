// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.banger.ext4.Ext4Exception.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each thing refused has a neighbour that is not. */
class Ext4RefusalTest extends Ext4ImageTest {

  static Reason reason(ThrowingCallable call) {
    Ext4Exception refusal = catchThrowableOfType(Ext4Exception.class, call);
    assertThat(refusal).isNotNull();
    return refusal.reason();
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "..", "a/../b", "a/./b", "/a", "a//b", "a/", "/", "a\0b", "../a"})
  void bad_names_are_refused(String path) {
    assertThat(reason(() -> Ext4Path.of(path))).isEqualTo(Reason.INVALID_NAME);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"...", "..a", ".a", "a/.b", "a b", "a\nb", "\"", "\\", "-", "\u00e9\u4e16"})
  void odd_names_are_written(String path) throws IOException {
    image(
        writer -> {
          empty(writer, path);
          assertThat(writer.find(path(path))).isPresent();
        });
  }

  @Test
  void a_single_name_has_no_slash() throws IOException {
    byte[] slash = {'a', '/', 'b'};
    assertThat(reason(() -> Ext4Path.of(List.of(slash)))).isEqualTo(Reason.INVALID_NAME);
    assertThat(reason(() -> Ext4Path.ROOT.resolve(slash))).isEqualTo(Reason.INVALID_NAME);
    assertThat(Ext4Path.ROOT.resolve(new byte[] {'a'}).resolve(new byte[] {'b'}))
        .isEqualTo(Ext4Path.parse(slash));
  }

  @Test
  void names_have_at_most_255_bytes() throws IOException {
    image(writer -> empty(writer, "x".repeat(255)));
    assertThat(reason(() -> path("x".repeat(256)))).isEqualTo(Reason.INVALID_NAME);
  }

  @Test
  void messages_name_the_entry_on_one_line() {
    byte[] name = "a\nb\u00ff\"/..".getBytes(ISO_8859_1);
    assertThatThrownBy(() -> Ext4Path.parse(name))
        .isInstanceOf(Ext4Exception.class)
        .hasMessage("\"a\\012b\\377\\042/..\" has the name \"..\"");
  }

  @Test
  void depth_is_limited() throws IOException {
    Ext4Options options = Ext4Options.ofSize(64 * MIB).maxDepth(3).build();
    image(options, writer -> empty(writer, "a/b/c"));
    assertThat(reason(() -> image(options, writer -> empty(writer, "a/b/c/d"))))
        .isEqualTo(Reason.TOO_DEEP);
    assertThat(reason(() -> image(options, writer -> writer.find(path("a/b/c/d")))))
        .isEqualTo(Reason.TOO_DEEP);
  }

  @Test
  void parents_are_never_symbolic_links() throws IOException {
    assertThat(
            reason(
                () ->
                    image(
                        writer -> {
                          writer.directory(path("usr/bin"), OPEN);
                          writer.symlink(path("bin"), OPEN, "usr/bin".getBytes(ISO_8859_1));
                          empty(writer, "bin/sh");
                        })))
        .isEqualTo(Reason.NOT_A_DIRECTORY);
    image(
        writer -> {
          writer.directory(path("usr/bin"), OPEN);
          writer.symlink(path("bin"), OPEN, "usr/bin".getBytes(ISO_8859_1));
          empty(writer, "usr/bin/sh");
          assertThat(writer.find(path("bin/sh"))).isEmpty();
        });
  }

  @Test
  void parents_are_never_files() {
    assertThat(
            reason(
                () ->
                    image(
                        writer -> {
                          empty(writer, "a");
                          writer.directory(path("a/b/c"), OPEN);
                        })))
        .isEqualTo(Reason.NOT_A_DIRECTORY);
  }

  @Test
  void hard_links_need_a_file() throws IOException {
    image(
        writer -> {
          empty(writer, "a");
          writer.hardLink(path("b"), path("a"));
        });
    assertThat(reason(() -> image(writer -> writer.hardLink(path("b"), path("a")))))
        .isEqualTo(Reason.NOT_FOUND);
    assertThat(reason(() -> image(writer -> writer.hardLink(path("b"), path("lost+found")))))
        .isEqualTo(Reason.IS_A_DIRECTORY);
    assertThat(reason(() -> image(writer -> writer.hardLink(path("b"), Ext4Path.ROOT))))
        .isEqualTo(Reason.IS_A_DIRECTORY);
  }

  @Test
  void hard_links_are_counted_up_to_65000() throws IOException {
    Entries most =
        writer -> {
          empty(writer, "a");
          for (int i = 1; i < 65000; i++) {
            writer.hardLink(path("d/" + i), path("a"));
          }
        };
    image(most);
    Entries more =
        writer -> {
          most.writeTo(writer);
          writer.hardLink(path("b"), path("a"));
        };
    assertThat(reason(() -> image(more))).isEqualTo(Reason.TOO_MANY_LINKS);
  }

  @Test
  void the_root_stays() throws IOException {
    assertThat(reason(() -> image(writer -> empty(writer, "")))).isEqualTo(Reason.RESERVED);
    assertThat(reason(() -> image(writer -> writer.remove(Ext4Path.ROOT))))
        .isEqualTo(Reason.RESERVED);
    image(
        writer -> {
          writer.directory(Ext4Path.ROOT, Ext4Metadata.of(0700, 5, 6, TIME));
          assertThat(writer.find(Ext4Path.ROOT)).get().extracting(Ext4Entry::mode).isEqualTo(0700);
        });
  }

  @Test
  void lost_found_stays_a_directory() throws IOException {
    assertThat(reason(() -> image(writer -> empty(writer, "lost+found"))))
        .isEqualTo(Reason.RESERVED);
    image(
        writer -> {
          writer.directory(path("lost+found"), OPEN);
          empty(writer, "lost+found/a");
          assertThat(writer.remove(path("lost+found"))).isTrue();
          assertThat(writer.find(path("lost+found/a"))).isEmpty();
          assertThat(writer.find(path("lost+found"))).isPresent();
        });
  }

  @Test
  void symbolic_links_lead_somewhere() throws IOException {
    for (byte[] target :
        List.of(new byte[0], new byte[] {'a', 0}, "x".repeat(4096).getBytes(ISO_8859_1))) {
      assertThat(reason(() -> image(writer -> writer.symlink(path("l"), PLAIN, target))))
          .isEqualTo(Reason.INVALID_SYMLINK);
    }
    image(writer -> writer.symlink(path("l"), PLAIN, "../../..".getBytes(ISO_8859_1)));
  }

  @Test
  void sizes_must_be_possible() {
    InputStream none = InputStream.nullInputStream();
    assertThat(reason(() -> image(writer -> writer.file(path("f"), PLAIN, -1, none))))
        .isEqualTo(Reason.INVALID_SIZE);
    assertThat(
            reason(
                () ->
                    image(
                        writer ->
                            writer.sparseFile(
                                path("f"), PLAIN, 0xFFFF_FFFEL * 4096 + 1, List.of(), none))))
        .isEqualTo(Reason.INVALID_SIZE);
    List<DataRange> overlapping = List.of(new DataRange(0, 10), new DataRange(9, 1));
    List<DataRange> beyond = List.of(new DataRange(5, 6));
    for (List<DataRange> ranges : List.of(overlapping, beyond)) {
      assertThat(
              reason(() -> image(writer -> writer.sparseFile(path("f"), PLAIN, 10, ranges, none))))
          .isEqualTo(Reason.INVALID_SIZE);
    }
  }

  @Test
  void content_must_not_end_early() {
    byte[] two = {1, 2};
    assertThat(
            reason(
                () ->
                    image(
                        writer -> writer.file(path("f"), PLAIN, 3, new ByteArrayInputStream(two)))))
        .isEqualTo(Reason.TRUNCATED_CONTENT);
  }

  @Test
  void inodes_run_out() throws IOException {
    Ext4Options options = Ext4Options.ofSize(64 * MIB).inodes(32).build();
    Entries most =
        writer -> {
          for (int i = 12; i <= 32; i++) {
            empty(writer, "" + i);
          }
        };
    image(options, most);
    Entries more =
        writer -> {
          most.writeTo(writer);
          empty(writer, "33");
        };
    assertThat(reason(() -> image(options, more))).isEqualTo(Reason.NO_INODES);
    Entries again =
        writer -> {
          most.writeTo(writer);
          writer.remove(path("20"));
          empty(writer, "33");
        };
    image(options, again);
  }

  @Test
  void nothing_follows_a_refusal() throws IOException {
    Ext4Options options = Ext4Options.ofSize(64 * MIB).build();
    try (Ext4ImageWriter writer = Ext4ImageWriter.create(home.resolve("image"), options)) {
      assertThat(reason(() -> empty(writer, "lost+found"))).isEqualTo(Reason.RESERVED);
      assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void metadata_has_ranges() {
    Ext4Metadata.of(07777, 0xFFFF_FFFEL, 0xFFFF_FFFEL, TIME);
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> Ext4Metadata.of(010000, 0, 0, TIME),
            () -> Ext4Metadata.of(0, -1, 0, TIME),
            () -> Ext4Metadata.of(0, 0, 0xFFFF_FFFFL, TIME))) {
      assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
