// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {
  @TempDir Path directory;
  private Path staged;

  @BeforeEach
  void stage() throws IOException {
    staged = file("staged.jar", "rw-------");
    Files.writeString(staged, "new");
  }

  private Path file(String path, String permissions) throws IOException {
    Path file = directory.resolve(path);
    Files.createDirectories(file.getParent());
    Files.createFile(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file;
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void what_replaces_a_file_allows_what_that_did() throws IOException {
    for (String each : new String[] {"rw-r--r--", "rw-r-----", "rw-------", "rwxr-xr-x"}) {
      Path place = file("system/" + each + ".jar", each);
      DurableFile.copy(staged, place);
      assertThat(permissions(place)).isEqualTo(each);
      assertThat(place).hasContent("new");
    }
  }

  @Test
  void what_is_new_can_be_used_by_all_who_use_the_installation() throws IOException {
    Files.createDirectories(directory.resolve("bin"));
    Files.createDirectories(directory.resolve("lib"));
    for (String program : new String[] {"bin/banger", "lib/recover"}) {
      DurableFile.copy(staged, directory.resolve(program));
      assertThat(permissions(directory.resolve(program))).isEqualTo("rwxr-xr-x");
    }
    DurableFile.copy(staged, directory.resolve("lib/launcher.jar"));
    assertThat(permissions(directory.resolve("lib/launcher.jar"))).isEqualTo("rw-r--r--");
  }

  @Test
  void a_private_copy_is_for_nobody_else() throws IOException {
    Path shared = file("shared.jar", "rw-r--r--");
    DurableFile.copyPrivately(shared, directory.resolve("mine.jar"));
    assertThat(permissions(directory.resolve("mine.jar"))).isEqualTo("rw-------");
  }
}
