// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestFile;
import dev.banger.guest.Mount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
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

  @Test
  void names_its_mounts_in_their_order() throws IOException {
    Path disk = mounting(new Mount("home", "/root"), new Mount("data-2", "/srv/my data/\u00e4"));
    assertThat(read(disk).get("identity"))
        .contains("\nmount=home /root\nmount=data-2 /srv/my data/\u00e4\n");
    assertThat(read(mounting()).get("identity")).doesNotContain("mount");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "root", "/root/", "/a//b", "/a/../b", "/.", "/a\nmac=x", "/a\0"})
  void refuses_a_mount_on_a_path_that_is_none(String path) {
    assertThatThrownBy(() -> mounting(new Mount("home", path)))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Home", "a b", "a=b", "123456789012345678901"})
  void refuses_a_mount_of_a_serial_that_is_none(String serial) {
    assertThatThrownBy(() -> mounting(new Mount(serial, "/root")))
        .isInstanceOf(BangerException.class);
  }

  @Test
  void refuses_more_and_longer_mounts_than_the_agent_takes() throws IOException {
    Mount longest = new Mount("home", "/" + "x".repeat(1022));
    Mount[] most = Collections.nCopies(16, longest).toArray(new Mount[0]);
    assertThat(read(mounting(most)).get("identity").lines().filter(l -> l.startsWith("mount=")))
        .hasSize(16);
    Mount[] tooMany = Collections.nCopies(17, longest).toArray(new Mount[0]);
    assertThatThrownBy(() -> mounting(tooMany)).hasMessageContaining("at most 16");
    assertThatThrownBy(() -> mounting(new Mount("home", longest.path() + "x")))
        .isInstanceOf(BangerException.class);
  }

  private Path mounting(Mount... mounts) {
    Path disk = directory.resolve("mounting.tar");
    ConfigurationDisk.write(
        disk, new GuestConfig("web", null, null, List.of(), null, List.of(), List.of(mounts)));
    return disk;
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
