// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.ext4.Ext4Entry;
import dev.banger.ext4.Ext4FileType;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Metadata;
import dev.banger.ext4.Ext4Options;
import dev.banger.ext4.Ext4Path;
import dev.banger.imageservice.layers.LayeredImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the maker of an image wrote as its working directory is there, or harms nothing. */
class WorkingDirectoryTest {
  private static final Ext4Metadata OPEN = Ext4Metadata.of(0755, 0, 0, Instant.EPOCH);

  @TempDir Path home;

  @Test
  void a_directory_that_the_layers_lack_is_made_with_its_parents() throws IOException {
    try (Ext4ImageWriter image = image(home.resolve("image"))) {
      WorkingDirectory.of("/srv//./app/data/").write(image);

      for (String made : List.of("srv/app", "srv/app/data")) {
        Ext4Entry entry = image.find(Ext4Path.of(made)).orElseThrow();
        assertThat(entry.type()).isEqualTo(Ext4FileType.DIRECTORY);
        assertThat(List.of(entry.mode(), entry.uid(), entry.gid(), entry.mtime()))
            .isEqualTo(List.of(0755, 0L, 0L, Instant.EPOCH));
      }
    }
  }

  static List<String> allowed() {
    return List.of(
        "/a\nb",
        "/\"quoted\" $(word) \\",
        "/\u00fcml\u00e4ut",
        "/.../..x",
        "/" + "n".repeat(255),
        "/x".repeat(2047),
        "/in-srv/app",
        "/lost+found/app");
  }

  @ParameterizedTest
  @MethodSource("allowed")
  void strange_names_are_names(String name) throws IOException {
    Path plain = finished("plain", image -> {});
    Path first = finished("first", WorkingDirectory.of(name));
    Path second = finished("second", WorkingDirectory.of(name));

    assertThat(Files.mismatch(first, plain)).isNotNegative();
    assertThat(Files.mismatch(first, second)).isNegative();
  }

  static List<String> left() {
    return List.of(
        "",
        "/",
        "//.//",
        "/srv",
        "/in-srv/",
        "srv",
        "./srv",
        "..",
        "/..",
        "/srv/../new",
        "/new/..",
        "/a\0b",
        "/" + "n".repeat(256),
        "/" + "12345678/".repeat(600),
        "/x".repeat(4096),
        "/x".repeat(2047) + "/x",
        "/file",
        "/file/new",
        "/dangling",
        "/dangling/new",
        "/loop/new");
  }

  @ParameterizedTest
  @MethodSource("left")
  void what_is_there_or_is_no_path_to_a_directory_leaves_the_image_as_it_is(String name)
      throws IOException {
    Path plain = finished("plain", image -> {});
    Path same = finished("same", WorkingDirectory.of(name));

    assertThat(Files.mismatch(same, plain)).isNegative();
  }

  private Path finished(String file, LayeredImage.Additions additions) throws IOException {
    Path finished = home.resolve(file);
    try (Ext4ImageWriter image = image(finished)) {
      additions.write(image);
      image.finish();
    }
    HostTool.require("e2fsck");
    new RealCommands().succeed("e2fsck", "-fn", finished.toString());
    return finished;
  }

  private static Ext4ImageWriter image(Path file) throws IOException {
    Ext4Options options =
        Ext4Options.ofSize(32 << 20).inodes(4096).journalBlocks(0).sync(false).build();
    Ext4ImageWriter image = Ext4ImageWriter.create(file, options);
    image.directory(Ext4Path.of("srv"), Ext4Metadata.of(02750, 7, 8, Instant.ofEpochSecond(9)));
    image.file(Ext4Path.of("file"), OPEN, 0, new ByteArrayInputStream(new byte[0]));
    image.symlink(Ext4Path.of("in-srv"), OPEN, "/srv".getBytes(UTF_8));
    image.symlink(Ext4Path.of("dangling"), OPEN, "nowhere".getBytes(UTF_8));
    image.symlink(Ext4Path.of("loop"), OPEN, "loop".getBytes(UTF_8));
    return image;
  }
}
