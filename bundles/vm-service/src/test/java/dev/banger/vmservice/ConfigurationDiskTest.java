// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationDiskTest {
  @TempDir Path directory;

  @Test
  void carries_identity_and_files_and_is_closed_to_others() throws IOException {
    Path disk = write("web", file("/run/banger/ssh/key", 0600, "secret"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(disk)))
        .isEqualTo("rw-------");
    assertThat(Files.size(disk) % 512).isZero();
    Map<String, String> entries = read(disk);
    assertThat(entries.keySet()).containsExactly("identity", "files/run/banger/ssh/key");
    assertThat(entries.get("files/run/banger/ssh/key")).isEqualTo("0600 secret");
    assertThat(entries.get("identity"))
        .contains("hostname=web\n", "address=10.0.2.15/24\n", "nameserver=10.0.2.3\n", "mac=")
        .containsPattern("entropy=[0-9a-f]{128}\n");
  }

  @Test
  void of_two_files_with_one_path_the_later_one_wins() throws IOException {
    Path disk = write("web", file("/run/a", 0644, "first"), file("/run/a", 0644, "second"));
    assertThat(read(disk).get("files/run/a")).isEqualTo("0644 second");
  }

  @ParameterizedTest
  @ValueSource(strings = {"relative", "/", "/a/../b", "/a//b", "/a/./b", "/dir/"})
  void refuses_a_path_that_is_none(String path) {
    assertThatThrownBy(() -> write("web", file(path, 0644, "")))
        .isInstanceOf(BangerException.class);
  }

  @Test
  void refuses_an_identity_that_would_break_its_line() {
    assertThatThrownBy(() -> write("web\naddress=1.2.3.4/8"))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("control character");
  }

  private Path write(String hostname, GuestFile... files) {
    Path disk = directory.resolve("config.tar");
    ConfigurationDisk.write(
        disk,
        new GuestConfig(
            hostname,
            "10.0.2.15/24",
            "10.0.2.2",
            List.of("10.0.2.3"),
            "52:54:00:01:02:03",
            List.of(files)));
    return disk;
  }

  private static GuestFile file(String path, int mode, String text) {
    return new GuestFile(path, mode, text.getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, String> read(Path disk) throws IOException {
    Map<String, String> entries = new LinkedHashMap<>();
    try (TarArchiveInputStream tar = new TarArchiveInputStream(Files.newInputStream(disk))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String text = new String(tar.readAllBytes(), StandardCharsets.UTF_8);
        boolean isFile = entry.getName().startsWith("files/");
        entries.put(
            entry.getName(), isFile ? "%04o %s".formatted(entry.getMode() & 07777, text) : text);
      }
    }
    return entries;
  }
}
