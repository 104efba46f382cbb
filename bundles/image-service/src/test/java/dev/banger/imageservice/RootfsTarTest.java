// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.banger.ext4.Ext4Entry;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Options;
import dev.banger.ext4.Ext4Path;
import dev.banger.operation.Operation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootfsTarTest {
  private static final Path E2FSCK = Path.of("/usr/sbin/e2fsck");

  @TempDir Path home;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8");

  @Test
  void a_tree_becomes_an_image_that_e2fsck_likes_without_what_is_personal() throws Exception {
    assumeTrue(Files.isExecutable(E2FSCK), "e2fsprogs is not installed");
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    directory("./");
    directory("./etc/");
    directory("./usr/bin/");
    file("./usr/bin/su", 04755, 0, "binary");
    file("./usr/bin/odd", 0644, 4_000_000, "x");
    link("./usr/bin/again", "./usr/bin/su", TarConstants.LF_LINK);
    link("./bin", "usr/bin", TarConstants.LF_SYMLINK);
    for (String personal :
        new String[] {"hostname", "resolv.conf", "machine-id", "ssh/ssh_host_rsa_key"}) {
      file("./etc/" + personal, 0644, 0, "secret");
    }
    tar.close();
    Path image = home.resolve("image");
    try (Ext4ImageWriter writer =
        Ext4ImageWriter.create(image, Ext4Options.ofSize(16 << 20).build())) {
      new RootfsTar(writer, Operation.background())
          .copy(new ByteArrayInputStream(bytes.toByteArray()));

      Ext4Entry su = writer.find(Ext4Path.of("usr/bin/su")).orElseThrow();
      assertThat(su.mode()).isEqualTo(04755);
      assertThat(su.links()).isEqualTo(2);
      assertThat(writer.find(Ext4Path.of("usr/bin/odd")).orElseThrow().uid()).isEqualTo(4_000_000);
      assertThat(writer.symlinkTarget(Ext4Path.of("bin")))
          .contains("usr/bin".getBytes(StandardCharsets.UTF_8));
      assertThat(writer.find(Ext4Path.of("etc/hostname"))).isEmpty();
      assertThat(writer.find(Ext4Path.of("etc/ssh/ssh_host_rsa_key"))).isEmpty();
      writer.finish();
    }
    Process check =
        new ProcessBuilder(E2FSCK.toString(), "-fn", image.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(check.waitFor()).as(said).isZero();
  }

  @Test
  void names_that_lead_out_are_refused() throws IOException {
    for (String name : new String[] {"../escape", "./a/../../escape", "/absolute"}) {
      bytes.reset();
      TarArchiveOutputStream hostile = new TarArchiveOutputStream(bytes, "UTF-8");
      TarArchiveEntry entry = new TarArchiveEntry(name, true);
      entry.setSize(0);
      hostile.putArchiveEntry(entry);
      hostile.closeArchiveEntry();
      hostile.close();
      assertThatThrownBy(() -> write(bytes.toByteArray())).as(name).isInstanceOf(IOException.class);
    }
  }

  @Test
  void nothing_is_written_through_a_link() throws IOException {
    link("./etc", "/tmp", TarConstants.LF_SYMLINK);
    file("./etc/passwd", 0644, 0, "root");
    tar.close();

    assertThatThrownBy(() -> write(bytes.toByteArray())).hasMessageContaining("etc");
  }

  @Test
  void a_truncated_stream_is_an_error_and_a_whole_one_is_not() throws IOException {
    file("./large", 0644, 0, "x".repeat(100_000));
    tar.close();
    byte[] whole = bytes.toByteArray();
    write(whole);

    assertThatThrownBy(() -> write(Arrays.copyOf(whole, 50_000))).isInstanceOf(IOException.class);
  }

  private void write(byte[] stream) throws IOException {
    Path image = Files.createTempFile(home, "image", "");
    Files.delete(image);
    try (Ext4ImageWriter writer =
        Ext4ImageWriter.create(image, Ext4Options.ofSize(16 << 20).build())) {
      new RootfsTar(writer, Operation.background()).copy(new ByteArrayInputStream(stream));
      writer.finish();
    }
  }

  private void directory(String name) throws IOException {
    tar.putArchiveEntry(new TarArchiveEntry(name));
    tar.closeArchiveEntry();
  }

  private void file(String name, int mode, long owner, String content) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setMode(mode);
    entry.setUserId(owner);
    entry.setSize(content.length());
    tar.putArchiveEntry(entry);
    tar.write(content.getBytes(StandardCharsets.US_ASCII));
    tar.closeArchiveEntry();
  }

  private void link(String name, String target, byte type) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, type);
    entry.setLinkName(target);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }
}
