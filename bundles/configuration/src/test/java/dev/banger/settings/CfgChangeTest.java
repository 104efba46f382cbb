// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CfgChangeTest {
  @TempDir private Path directory;
  private Path file;
  private Path other;

  @BeforeEach
  void write() throws IOException {
    file = Files.writeString(directory.resolve("dev.banger.vm.cfg"), "a=1\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    other = directory.resolve("dev.banger.other.cfg");
  }

  private CfgChange ofBoth() throws IOException {
    Map<Path, CfgFile> texts = new LinkedHashMap<>();
    texts.put(file, CfgFile.read(file).with("a", "2"));
    texts.put(other, CfgFile.read(other).with("b", "3"));
    return CfgChange.of(texts);
  }

  private static String permissions(Path of) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(of));
  }

  @Test
  void writes_files_that_only_their_owner_reads_and_leaves_nothing_beside_them()
      throws IOException {
    try (CfgChange change = ofBoth()) {
      assertThat(file).hasContent("a=1");
      assertThat(other).doesNotExist();
      change.make();
    }
    assertThat(file).hasContent("a = 2");
    assertThat(other).hasContent("b = 3");
    assertThat(permissions(file)).isEqualTo("rw-------");
    assertThat(directory)
        .isDirectoryNotContaining(each -> !each.equals(file) && !each.equals(other));
  }

  @Test
  void writes_neither_through_a_link_nor_the_files_beside_it() throws IOException {
    Path real = Files.writeString(directory.resolve("real"), "a=1\n");
    Files.createSymbolicLink(other, real);
    assertThatThrownBy(this::ofBoth).isInstanceOf(BangerException.class);
    assertThat(real).hasContent("a=1");
    assertThat(other).isSymbolicLink();
    assertThat(file).hasContent("a=1");
  }

  @Test
  void puts_back_what_was_there_when_a_later_file_cannot_be_replaced() throws IOException {
    Path obstacle = Files.createDirectories(other.resolve("full")).getParent();
    Files.move(obstacle, directory.resolve("aside"));
    try (CfgChange change = ofBoth()) {
      Files.move(directory.resolve("aside"), obstacle);
      assertThatThrownBy(change::make)
          .hasMessageContaining("cannot be written")
          .satisfies(
              e -> {
                assertThat(file).hasContent("a = 2");
                change.takeBack(e);
                assertThat(e.getSuppressed()).isEmpty();
              });
    }
    assertThat(file).hasContent("a=1");
    assertThat(permissions(file)).isEqualTo("rw-r--r--");
    assertThat(directory)
        .isDirectoryNotContaining(each -> !each.equals(file) && !each.equals(other));
  }

  @Test
  void a_file_that_was_not_there_goes_again() throws IOException {
    try (CfgChange change = ofBoth()) {
      change.make();
      change.takeBack(new IllegalStateException());
    }
    assertThat(file).hasContent("a=1");
    assertThat(other).doesNotExist();
  }
}
