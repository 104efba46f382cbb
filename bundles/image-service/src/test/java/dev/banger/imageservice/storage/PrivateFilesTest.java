// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFilesTest {
  @TempDir Path home;

  @Test
  void only_the_owner_may_enter() throws IOException {
    Path directory = PrivateFiles.createDirectories(home.resolve("a/b"));
    Path inner = PrivateFiles.createDirectory(directory.resolve("c"));
    Path file = inner.resolve("file");
    PrivateFiles.write(file, "content".getBytes(UTF_8));
    PrivateFiles.sync(file);
    PrivateFiles.sync(inner);

    assertThat(file).hasContent("content");
    assertThat(mode(file)).isEqualTo("rw-------");
    assertThat(mode(home.resolve("a"))).isEqualTo("rwx------");
    assertThat(mode(inner)).isEqualTo("rwx------");
  }

  @Test
  void what_is_there_already_is_never_written_to() throws IOException {
    Path file = Files.writeString(home.resolve("file"), "kept");
    Path link = Files.createSymbolicLink(home.resolve("link"), home.resolve("elsewhere"));

    assertThatThrownBy(() -> PrivateFiles.write(file, new byte[1]))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() -> PrivateFiles.write(link, new byte[1]))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() -> PrivateFiles.createDirectory(home))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(file).hasContent("kept");
    assertThat(home.resolve("elsewhere")).doesNotExist();
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
