// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.banger.imageservice.HostTool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipEncodingHelper;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebPackageTest {
  private static final Map<String, byte[]> FILES =
      Map.of("./usr/bin/tool", "a tool".repeat(2000).getBytes(UTF_8));

  @TempDir Path home;

  @Test
  void packages_that_dpkg_built_are_read_whatever_compresses_them() throws Exception {
    HostTool.require("dpkg-deb");
    Path tree = Files.createDirectories(home.resolve("tree/DEBIAN")).getParent();
    Files.writeString(
        tree.resolve("DEBIAN/control"),
        "Package: sample\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\n"
            + "Description: a\n");
    Files.createDirectories(tree.resolve("usr/bin"));
    Files.writeString(tree.resolve("usr/bin/tool"), "a tool");
    Files.createSymbolicLink(tree.resolve("usr/bin/link"), Path.of("tool"));
    String longName = "n".repeat(120);
    Files.writeString(tree.resolve("usr/bin/" + longName), "long");
    for (String compression : new String[] {"none", "gzip", "xz", "zstd"}) {
      Path deb = home.resolve(compression + ".deb");
      Process process =
          new ProcessBuilder(
                  "dpkg-deb",
                  "--root-owner-group",
                  "-Z" + compression,
                  "-b",
                  tree.toString(),
                  deb.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertThat(process.waitFor()).as(said).isZero();

      assertThat(read(deb))
          .as(compression)
          .containsOnly(
              Map.entry("usr/bin/tool", "a tool"), Map.entry("usr/bin/" + longName, "long"));
    }
  }

  @Test
  void only_regular_files_are_visited_and_their_names_lose_what_leads_to_the_root()
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
      put(tar, new TarArchiveEntry("./etc/"));
      put(tar, link("./etc/soft", TarConstants.LF_SYMLINK));
      put(tar, link("./etc/hard", TarConstants.LF_LINK));
      put(tar, new TarArchiveEntry("./dev/fifo", TarConstants.LF_FIFO));
      put(tar, new TarArchiveEntry("/./etc//absolute", true));
      put(tar, new TarArchiveEntry("./../escape", true));
    }

    assertThat(read(PackageSamples.deb("data.tar", bytes.toByteArray())))
        .containsOnlyKeys("etc//absolute", "../escape");
  }

  @Test
  void content_that_is_not_read_is_skipped() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("./a", new byte[10_000]);
    files.put("./b", new byte[700]);
    Path deb =
        write(PackageSamples.deb("data.tar.gz", PackageSamples.gzip(PackageSamples.tar(files))));
    Map<String, Long> sizes = new LinkedHashMap<>();

    DebPackage.visitFiles(deb, (name, size, content) -> sizes.put(name, size));

    assertThat(sizes).containsExactly(Map.entry("a", 10_000L), Map.entry("b", 700L));
  }

  @Test
  void a_package_that_ends_too_early_is_refused_wherever_it_ends() throws IOException {
    byte[] tar = PackageSamples.tar(FILES);
    for (byte[] whole :
        new byte[][] {
          PackageSamples.deb("data.tar", tar),
          PackageSamples.deb("data.tar.gz", PackageSamples.gzip(tar)),
          PackageSamples.deb("data.tar.xz", PackageSamples.xz(tar)),
          PackageSamples.deb("data.tar.zst", zstd(tar))
        }) {
      assertThat(read(whole)).containsOnlyKeys("usr/bin/tool");
      // An ar member of odd size is padded by a byte that is not missed.
      for (int length = whole.length - 2; length >= 0; length -= Math.max(1, whole.length / 60)) {
        byte[] part = Arrays.copyOf(whole, length);
        assertThatThrownBy(() -> read(part))
            .as("%s of %s bytes", length, whole.length)
            .isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void what_is_no_package_is_refused() throws IOException {
    byte[] tar = PackageSamples.tar(FILES);

    assertThatThrownBy(() -> read("not an archive at all".getBytes(UTF_8)))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read(PackageSamples.deb("other.tar", tar)))
        .hasMessageContaining("not a whole Debian package");
    assertThatThrownBy(() -> read(PackageSamples.deb("data.tar.lzma", tar)))
        .hasMessageContaining("data.tar.lzma cannot be unpacked");
    assertThatThrownBy(() -> read(PackageSamples.deb("data.tar.xz", tar)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void an_xz_stream_that_wants_far_more_memory_than_packages_do_is_refused() throws IOException {
    byte[] compressed =
        HostTool.filter(PackageSamples.tar(FILES), "xz", "--lzma2=dict=512MiB", "-c");

    assertThatThrownBy(() -> read(PackageSamples.deb("data.tar.xz", compressed)))
        .hasMessageContaining("memory");
  }

  @Test
  void what_unpacks_to_more_than_any_package_is_refused() throws IOException {
    // A bomb: 5 GiB of zeros in one entry, each byte of the stream good for thousands of them.
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    byte[] zeros = new byte[1 << 20];
    try (OutputStream out = new ZstdCompressorOutputStream(bomb)) {
      TarArchiveEntry entry = new TarArchiveEntry("./zeros", true);
      entry.setSize(5L << 30);
      byte[] header = new byte[512];
      entry.writeEntryHeader(header, ZipEncodingHelper.getZipEncoding("UTF-8"), true);
      out.write(header);
      for (int i = 0; i < 5 << 10; i++) {
        out.write(zeros);
      }
    }

    Path deb = write(PackageSamples.deb("data.tar.zst", bomb.toByteArray()));

    assertThatThrownBy(() -> DebPackage.visitFiles(deb, (name, size, content) -> {}))
        .hasMessageContaining("unpacks to more than 4294967296");
  }

  @Property(tries = 300)
  void a_damaged_package_gives_an_io_exception_or_files(
      @ForAll @IntRange(max = 1) int kind,
      @ForAll @IntRange(max = 1 << 20) int place,
      @ForAll byte value)
      throws IOException {
    byte[] tar = PackageSamples.tar(Map.of("./usr/bin/tool", new byte[300], "./b", new byte[1]));
    byte[] deb = PackageSamples.deb("data.tar", tar);
    if (kind == 1) {
      deb = PackageSamples.deb("data.tar.xz", PackageSamples.xz(tar));
    }
    deb[place % deb.length] = value;
    Path file = Files.createTempFile("damaged", ".deb");
    try {
      Files.write(file, deb);
      assertThat(catchThrowable(() -> read(file)))
          .satisfiesAnyOf(
              thrown -> assertThat(thrown).isNull(),
              thrown -> assertThat(thrown).isInstanceOf(IOException.class));
    } finally {
      Files.delete(file);
    }
  }

  private Map<String, String> read(byte[] deb) throws IOException {
    return read(write(deb));
  }

  private Path write(byte[] deb) throws IOException {
    return Files.write(home.resolve("sample.deb"), deb);
  }

  private static Map<String, String> read(Path deb) throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    DebPackage.visitFiles(
        deb, (name, size, content) -> files.put(name, new String(content.readAllBytes(), UTF_8)));
    return files;
  }

  private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry) throws IOException {
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  private static TarArchiveEntry link(String name, byte type) {
    TarArchiveEntry entry = new TarArchiveEntry(name, type);
    entry.setLinkName("./target");
    return entry;
  }

  private static byte[] zstd(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new ZstdCompressorOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }
}
