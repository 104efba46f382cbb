// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeRemovalTest {
  @TempDir Path home;

  @Test
  void a_tree_goes_with_all_that_is_in_it_and_nothing_that_it_points_to() throws IOException {
    Path kept = Files.createDirectories(home.resolve("kept/inner"));
    Files.createFile(kept.resolve("file"));
    Path tree = Files.createDirectories(home.resolve("tree/a/b"));
    Files.createFile(tree.resolve("file"));
    Files.createSymbolicLink(tree.resolve("link"), kept);
    Files.createSymbolicLink(tree.resolve("dangling"), Path.of("nowhere"));

    TreeRemoval.remove(home.resolve("tree"));

    assertThat(home.resolve("tree")).doesNotExist();
    assertThat(kept.resolve("file")).exists();
  }

  @Test
  void a_link_in_the_place_of_the_tree_goes_alone() throws IOException {
    Path kept = Files.createDirectories(home.resolve("kept/inner"));
    Path link = Files.createSymbolicLink(home.resolve("link"), kept);

    TreeRemoval.remove(link);

    assertThat(Files.isSymbolicLink(link)).isFalse();
    assertThat(kept).exists();
  }

  @Test
  void what_is_not_there_is_removed_already() throws IOException {
    TreeRemoval.remove(home.resolve("missing"));

    assertThat(home).isEmptyDirectory();
  }

  @Test
  void another_failure_gets_what_goes_wrong_and_stays_the_failure() {
    IOException failure = new IOException("first");

    TreeRemoval.removeAfter(failure, home.resolve("missing"));

    assertThat(failure.getSuppressed()).isEmpty();
  }

  @Test
  void what_cannot_be_removed_does_not_keep_the_rest() throws IOException {
    assumeTrue(!System.getProperty("user.name").equals("root"), "root can remove everything");
    Path tree = Files.createDirectory(home.resolve("tree"));
    Path locked = Files.createDirectory(tree.resolve("b"));
    Files.createFile(locked.resolve("file"));
    Path before = Files.createFile(tree.resolve("a"));
    Path after = Files.createFile(tree.resolve("c"));
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-x------"));

    assertThatThrownBy(() -> TreeRemoval.remove(tree)).isInstanceOf(IOException.class);

    assertThat(before).doesNotExist();
    assertThat(after).doesNotExist();
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("rwx------"));
  }
}
