// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.imageservice.HostTool;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;

class InitramfsArchiveTest {
  @Test
  void busybox_reads_what_was_written() throws IOException {
    byte[] archive = sample();

    String listed = new String(HostTool.filter(archive, "busybox", "cpio", "-t", "-v"), UTF_8);

    assertThat(listed.lines().map(line -> line.replaceAll(" +", " ")))
        .hasSize(4)
        .anyMatch(line -> line.startsWith("drwxr-xr-x") && line.endsWith(" bin"))
        .anyMatch(line -> line.startsWith("-rwxr-xr-x") && line.endsWith(" bin/busybox"))
        .anyMatch(line -> line.startsWith("crw-------") && line.endsWith(" dev/console"))
        .anyMatch(line -> line.startsWith("-rw-r--r--") && line.endsWith(" empty"))
        .allMatch(line -> line.contains("0/0 ") && line.contains("1970"));
  }

  @Test
  void the_same_calls_give_the_same_bytes() throws IOException {
    byte[] archive = sample();

    assertThat(archive).isEqualTo(sample());
    assertThat(new String(archive, 0, 6, UTF_8)).isEqualTo("070701");
  }

  @Test
  void the_device_and_the_links_are_those_of_the_tree() throws IOException {
    try (CpioArchiveInputStream in = open(sample())) {
      CpioArchiveEntry directory = in.getNextEntry();
      assertThat(directory.getNumberOfLinks()).isEqualTo(2);
      CpioArchiveEntry program = in.getNextEntry();
      assertThat(program.getNumberOfLinks()).isEqualTo(1);
      assertThat(program.getInode()).isNotEqualTo(directory.getInode());
      CpioArchiveEntry console = in.getNextEntry();
      assertThat(console.getName()).isEqualTo("dev/console");
      assertThat(console.isCharacterDevice()).isTrue();
      assertThat(console.getRemoteDeviceMaj()).isEqualTo(5);
      assertThat(console.getRemoteDeviceMin()).isEqualTo(1);
    }
  }

  @Property(tries = 200)
  void any_files_are_read_back_as_they_were(@ForAll("files") Map<String, byte[]> files)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (InitramfsArchive archive = new InitramfsArchive(bytes)) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        archive.file(file.getKey(), 0644, file.getValue());
      }
    }

    Map<String, byte[]> read = new LinkedHashMap<>();
    try (CpioArchiveInputStream in = open(bytes.toByteArray())) {
      for (CpioArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        assertThat(entry.getMode()).isEqualTo(0100644);
        assertThat(entry.getUID() + entry.getGID() + entry.getTime()).isZero();
        read.put(entry.getName(), in.readAllBytes());
      }
    }
    assertThat(List.copyOf(read.keySet())).isEqualTo(List.copyOf(files.keySet()));
    files.forEach((name, content) -> assertThat(read.get(name)).isEqualTo(content));
  }

  @Provide
  Arbitrary<Map<String, byte[]>> files() {
    Arbitrary<String> names =
        Arbitraries.strings().withCharRange('a', 'z').withChars("/_-é").ofMinLength(1);
    Arbitrary<byte[]> contents = Arbitraries.bytes().array(byte[].class).ofMaxSize(600);
    return Arbitraries.maps(names, contents).ofMaxSize(8);
  }

  private static byte[] sample() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (InitramfsArchive archive = new InitramfsArchive(bytes)) {
      archive.directory("bin", 0755);
      archive.file("bin/busybox", 0755, "a program".getBytes(UTF_8));
      archive.characterDevice("dev/console", 0600, 5, 1);
      archive.file("empty", 0644, new byte[0]);
    }
    return bytes.toByteArray();
  }

  private static CpioArchiveInputStream open(byte[] archive) {
    return new CpioArchiveInputStream(new ByteArrayInputStream(archive), 512, UTF_8.name());
  }
}
