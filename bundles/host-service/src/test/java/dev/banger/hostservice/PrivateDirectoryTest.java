// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateDirectoryTest {
  private static final int UID = PrivateDirectory.ownUid();

  @TempDir Path directory;
  private final PrivateDirectory directories = new PrivateDirectory(UID);

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private static void chmod(Path path, String mode) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  private void assertRefused(Path path, String... words) {
    assertThatThrownBy(() -> directories.createForSockets(path))
        .hasMessageContainingAll(words)
        .hasMessageContaining("BANGER_HOME")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.UNAUTHORIZED);
  }

  @Test
  void makes_directories_and_their_parents_closed_to_others() throws IOException {
    directories.create(directory.resolve("a/b"));
    directories.createForSockets(directory.resolve("c/d"));
    for (String made : new String[] {"a", "a/b", "c", "c/d"}) {
      assertThat(mode(directory.resolve(made))).isEqualTo("rwx------");
    }
    directories.create(directory.resolve("a/b"));
    directories.createForSockets(directory.resolve("c/d"));
  }

  @Test
  void closes_a_directory_of_ours_that_holds_lasting_files() throws IOException {
    Path state = Files.createDirectory(directory.resolve("state"));
    chmod(state, "rwxr-xr-x");
    directories.create(state);
    assertThat(mode(state)).isEqualTo("rwx------");
  }

  @Test
  void refuses_a_directory_for_sockets_that_others_may_enter() throws IOException {
    Path run = Files.createDirectory(directory.resolve("run"));
    chmod(run, "rwxr-x---");
    assertRefused(run, "is open to other users", "750", "chmod 700");
    chmod(run, "rwx------");
    directories.createForSockets(run);
  }

  @Test
  void refuses_a_symbolic_link_for_sockets() throws IOException {
    Path real = Files.createDirectory(directory.resolve("real"));
    chmod(real, "rwx------");
    Path run = Files.createSymbolicLink(directory.resolve("run"), real);
    assertRefused(run, "is a symbolic link");
    directories.createForSockets(real);
  }

  @Test
  void refuses_a_place_where_everybody_may_replace_it() throws IOException {
    Path open = Files.createDirectory(directory.resolve("open"));
    chmod(open, "rwxrwxrwx");
    assertRefused(open.resolve("run"), "everybody may replace it");
    assertThat(open.resolve("run")).doesNotExist();
    // Sticky, as /tmp is, it is a fit place.
    Files.setAttribute(open, "unix:mode", 01777);
    directories.createForSockets(open.resolve("run"));
  }

  @Test
  void refuses_what_belongs_to_another_user() throws IOException {
    assumeTrue(UID == 0, "only root can give a directory away");
    Path run = Files.createDirectory(directory.resolve("run"));
    chmod(run, "rwx------");
    Files.setAttribute(run, "unix:uid", 12_345);
    assertRefused(run, "belongs to user 12345");
    assertThatThrownBy(() -> directories.create(run)).hasMessageContaining("belongs to user");
    Path parent = Files.createDirectory(Path.of("/tmp/foreign-" + System.nanoTime()));
    try {
      Files.setAttribute(parent, "unix:uid", 12_345);
      assertRefused(parent.resolve("run"), "belongs to user 12345");
    } finally {
      Files.delete(parent);
    }
  }

  @Test
  void says_what_is_in_the_way() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    assertThatThrownBy(() -> directories.create(file)).hasMessageContaining("not a directory");
    assertThat(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).isTrue();
  }

  @Test
  void lets_one_instance_at_a_time_use_a_state_directory() {
    InstanceLock first = InstanceLock.acquire(directory);
    assertThatThrownBy(() -> InstanceLock.acquire(directory))
        .hasMessageContaining("another bangerd")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.IN_USE);
    first.close();
    InstanceLock.acquire(directory).close();
  }
}
