// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.release.ReleaseSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReleaseFetchingTest {
  @TempDir Path directory;
  private final ReleaseFetching fetching = new ReleaseFetching(new Web());
  private Path release;

  @BeforeEach
  void release() throws IOException {
    release = new SampleRelease(directory.resolve("release"), "0.2.0").root();
  }

  private Path fetch(String location, String sha256) throws IOException {
    Path room = Files.createTempDirectory(directory, "room");
    return fetching.fetch(new ReleaseSource(location, sha256), room, Operation.background());
  }

  private static void assertWhole(Path root) {
    ReleaseList.of(root).verify(root);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(release)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  /** An archive with one more entry. */
  private Path tar(TarArchiveEntry... more) throws IOException {
    Path archive = directory.resolve("banger.tar.gz");
    try (TarArchiveOutputStream out =
        new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(archive)))) {
      for (Path file : files()) {
        TarArchiveEntry entry =
            new TarArchiveEntry(file.toFile(), "banger-0.2.0/" + release.relativize(file));
        out.putArchiveEntry(entry);
        Files.copy(file, out);
        out.closeArchiveEntry();
      }
      for (TarArchiveEntry each : more) {
        out.putArchiveEntry(each);
        out.closeArchiveEntry();
      }
    }
    return archive;
  }

  private static TarArchiveEntry link(String name, byte kind) {
    TarArchiveEntry entry = new TarArchiveEntry(name, kind);
    entry.setLinkName("/etc/passwd");
    return entry;
  }

  @Test
  void a_directory_and_archives_of_it_give_the_same_release() throws IOException {
    assertThat(fetch(release.toString(), null)).isEqualTo(release.toRealPath());
    Path tar = tar();
    assertWhole(fetch(tar.toString(), null));
    assertWhole(fetch(tar.toString(), Digests.sha256(tar)));
    Path zip = directory.resolve("banger.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      for (Path file : files()) {
        out.putNextEntry(new ZipEntry(release.relativize(file).toString()));
        Files.copy(file, out);
      }
    }
    assertWhole(fetch(zip.toString(), null));
  }

  @Test
  void an_archive_of_another_digest_is_refused() throws IOException {
    String tar = tar().toString();
    assertThatThrownBy(() -> fetch(tar, "0".repeat(64)))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside", "banger-0.2.0/../../outside", "/tmp/outside"})
  void no_entry_leads_out_of_the_archive(String name) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    String tar = tar(entry).toString();
    assertThatThrownBy(() -> fetch(tar, null)).hasMessageContaining("leads out of it");
    assertThat(directory.resolve("outside")).doesNotExist();
  }

  @Test
  void links_are_refused() throws IOException {
    for (byte kind : new byte[] {TarConstants.LF_SYMLINK, TarConstants.LF_LINK}) {
      String tar = tar(link("banger-0.2.0/lib/link", kind)).toString();
      assertThatThrownBy(() -> fetch(tar, null)).hasMessageContaining("is no plain file");
    }
  }

  @Test
  void what_is_no_release_is_refused() throws IOException {
    Path text = Files.writeString(directory.resolve("text"), "text");
    assertThatThrownBy(() -> fetch(text.toString(), null)).hasMessageContaining("neither");
    assertThatThrownBy(() -> fetch(directory + "/absent", null))
        .hasMessageContaining("there is no");
    Path tar = tar();
    byte[] half = Files.readAllBytes(tar);
    Files.write(tar, java.util.Arrays.copyOf(half, half.length / 2));
    assertThatThrownBy(() -> fetch(tar.toString(), null)).isInstanceOf(BangerException.class);
    Files.delete(release.resolve(ReleaseList.NAME));
    String without = tar().toString();
    assertThatThrownBy(() -> fetch(without, null)).hasMessageContaining("no release of banger");
  }

  @Test
  void an_address_needs_its_digest() throws IOException {
    byte[] archive = Files.readAllBytes(tar());
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/banger.tar.gz",
        exchange -> {
          exchange.sendResponseHeaders(200, archive.length);
          exchange.getResponseBody().write(archive);
          exchange.close();
        });
    server.start();
    try {
      String base = "http://127.0.0.1:" + server.getAddress().getPort();
      assertWhole(
          fetch(base + "/banger.tar.gz", Digests.sha256(directory.resolve("banger.tar.gz"))));
      assertThatThrownBy(() -> fetch(base + "/banger.tar.gz", "0".repeat(64)))
          .hasMessageContaining("not the one that was given");
      assertThatThrownBy(() -> fetch(base + "/banger.tar.gz", null))
          .hasMessageContaining("--sha256");
    } finally {
      server.stop(0);
    }
  }
}
