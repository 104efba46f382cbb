// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.imageservice.kernel.ElfFile;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Debian's dropbear with its loader and its libraries, for guests that have no ssh server, be it
 * that they have no C library either.
 */
final class SshServerPackages {
  /** What has to be downloaded. */
  static final List<String> NAMES =
      List.of(
          "dropbear-bin",
          "libc6",
          "libcrypt1",
          "libgmp10",
          "libtomcrypt1",
          "libtommath1",
          "zlib1g");

  private static final List<String> FILES =
      List.of(
          "dropbear",
          "ld-linux-x86-64.so.2",
          "libc.so.6",
          "libcrypt.so.1",
          "libgmp.so.10",
          "libtomcrypt.so.1",
          "libtommath.so.1",
          "libz.so.1");

  private static final Pattern PLACE =
      Pattern.compile("(?:usr/)?(?:sbin|lib64|lib/x86_64-linux-gnu)/([A-Za-z0-9._-]+)");

  /** Far more than the C library has. */
  private static final int MAX_FILE = 16 << 20;

  private final Map<String, byte[]> found = new TreeMap<>();
  private final Operation operation;

  SshServerPackages(Operation operation) {
    this.operation = operation;
  }

  /** Takes what it has of the files that are needed. */
  void unpack(Path deb) throws IOException {
    DebPackage.visitFiles(
        deb,
        (name, size, content) -> {
          operation.check();
          Optional<String> wanted = wanted(name);
          if (wanted.isPresent()) {
            if (size > MAX_FILE) {
              throw new IOException(name + " has " + size + " bytes");
            }
            byte[] bytes = content.readNBytes((int) size);
            // That it is a program or library at all is all that can be said here.
            var unused = ElfFile.of(bytes);
            found.put(wanted.get(), bytes);
          }
        });
  }

  // A library's file has more of its version in its name than those ask for that use it.
  private static Optional<String> wanted(String name) {
    Matcher place = PLACE.matcher(name);
    return place.matches()
        ? FILES.stream()
            .filter(file -> place.group(1).equals(file) || place.group(1).startsWith(file + "."))
            .findFirst()
        : Optional.empty();
  }

  /**
   * Writes them into a compressed archive, all in one directory.
   *
   * @throws IOException also when one was in no package
   */
  void write(Path archive) throws IOException {
    for (String file : FILES) {
      if (!found.containsKey(file)) {
        throw new IOException("the packages of the ssh server hold no " + file);
      }
    }
    try (OutputStream file = PrivateFiles.create(archive);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(file))) {
      for (Map.Entry<String, byte[]> each : found.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(each.getKey());
        entry.setSize(each.getValue().length);
        entry.setMode(0755);
        entry.setModTime(0);
        tar.putArchiveEntry(entry);
        tar.write(each.getValue());
        tar.closeArchiveEntry();
      }
    }
  }
}
