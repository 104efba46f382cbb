// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.banger.error.BangerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest {
  @TempDir Path directory;

  @Test
  void a_tree_is_deleted_without_following_links() throws IOException {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    Files.createFile(outside.resolve("file"));
    Path tree = Files.createDirectories(directory.resolve("tree/a/b"));
    Files.createSymbolicLink(tree.resolve("link"), outside);
    DurableFiles.deleteTree(directory.resolve("tree"));
    assertThat(directory.resolve("tree")).doesNotExist();
    assertThat(outside.resolve("file")).exists();
    DurableFiles.deleteTree(directory.resolve("tree")); // not there is as good
  }

  @Test
  void what_cannot_be_deleted_keeps_nothing_else_from_being_deleted() throws IOException {
    assumeFalse("root".equals(System.getProperty("user.name")), "root may delete everything");
    Path tree = Files.createDirectory(directory.resolve("tree"));
    for (String name : new String[] {"a", "b", "c"}) {
      Files.createFile(Files.createDirectory(tree.resolve(name)).resolve("file"));
    }
    Path locked = tree.resolve("b");
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
    assertThatThrownBy(() -> DurableFiles.deleteTree(tree)).isInstanceOf(BangerException.class);
    assertThat(Platform.names(tree)).containsExactly("b");
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("rwx------"));
    DurableFiles.deleteTree(tree);
    assertThat(tree).doesNotExist();
  }

  @Test
  void an_empty_file_is_made_once_and_for_its_owner() throws IOException {
    Path file = directory.resolve("file");
    DurableFiles.makeEmpty(file);
    DurableFiles.makeEmpty(file);
    assertThat(file).isEmptyFile();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }
}
