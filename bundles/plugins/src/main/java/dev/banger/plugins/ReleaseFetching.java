// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.release.ReleaseSource;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.apache.commons.compress.archivers.ArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveInputStream;

/**
 * Brings releases here, as directories. Of an archive only plain files are taken, each below one
 * directory; what a release consists of is decided by its list.
 */
final class ReleaseFetching {
  /** Far more than any release has; bounds on what a mistake can fill the disk with. */
  private static final long SIZE_LIMIT = 1L << 30;

  private static final int COUNT_LIMIT = 10_000;

  private final Web web;

  ReleaseFetching(Web web) {
    this.web = web;
  }

  /**
   * Finds the directory of a release, after bringing it into another one unless it is a directory
   * itself.
   *
   * @param room an empty directory
   * @throws BangerException NOT_FOUND or UNAVAILABLE when it cannot be had; BAD_REQUEST when it is
   *     no release; CORRUPT when the archive has another digest
   */
  Path fetch(ReleaseSource source, Path room, Operation operation) {
    operation.check();
    if (ReleaseSource.isWeb(source.location())) {
      return unpack(download(source, room, operation), source, room);
    }
    Path path = Path.of(source.location()).normalize();
    if (Files.isDirectory(path)) {
      if (source.sha256() != null) {
        throw new BangerException(
            ErrorCode.BAD_REQUEST, path + " is a directory, which has no sha256");
      }
      return real(path);
    }
    if (!Files.isRegularFile(path)) {
      throw new BangerException(ErrorCode.NOT_FOUND, "there is no " + path);
    }
    return unpack(path, source, room);
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.NOT_FOUND, path + " cannot be read: " + e.getMessage(), e);
    }
  }

  private Path download(ReleaseSource source, Path room, Operation operation) {
    operation.progress().stage("download", "downloading " + source.location());
    Path file = room.resolve("archive");
    try (InputStream in = web.open(Web.address(source.location()), operation);
        OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW)) {
      new Budget(source.location()).copy(in, out);
      return file;
    } catch (IOException e) {
      operation.check();
      throw new BangerException(
          ErrorCode.UNAVAILABLE, source.location() + " broke off: " + e.getMessage(), e);
    }
  }

  private static Path unpack(Path archive, ReleaseSource source, Path room) {
    try {
      if (source.sha256() != null && !Digests.sha256(archive).equals(source.sha256())) {
        throw new BangerException(
            ErrorCode.CORRUPT,
            source.location()
                + " has the sha256 "
                + Digests.sha256(archive)
                + " and not the one that was given: it is damaged, or another file");
      }
      Path root = Files.createDirectory(room.resolve("unpacked"));
      try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
          ArchiveInputStream<?> in = open(file)) {
        unpack(in, root, source.location());
      }
      return releaseIn(root, source.location());
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          source.location() + " is no archive of a release: " + e.getMessage(),
          e);
    }
  }

  /** By its first bytes, whatever it is called. */
  private static ArchiveInputStream<?> open(InputStream file) throws IOException {
    file.mark(2);
    int first = file.read();
    int second = file.read();
    file.reset();
    if (first == 'P' && second == 'K') {
      return new ZipArchiveInputStream(file);
    }
    if (first == 0x1f && second == 0x8b) {
      return new TarArchiveInputStream(new GZIPInputStream(file));
    }
    throw new IOException("it is neither a .tar.gz nor a .zip");
  }

  private static void unpack(ArchiveInputStream<?> in, Path root, String label) throws IOException {
    Budget budget = new Budget(label);
    for (ArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
      if (entry.isDirectory()) {
        continue;
      }
      Path place = place(root, entry.getName());
      if (!isPlain(entry)) {
        throw new IOException(entry.getName() + " is no plain file");
      }
      Files.createDirectories(place.getParent());
      try (OutputStream out = Files.newOutputStream(place, StandardOpenOption.CREATE_NEW)) {
        budget.count();
        budget.copy(in, out);
      }
    }
  }

  private static boolean isPlain(ArchiveEntry entry) {
    return entry instanceof TarArchiveEntry tar
        ? tar.isFile() && !tar.isLink() && !tar.isSymbolicLink()
        : entry instanceof ZipArchiveEntry zip && !zip.isUnixSymlink();
  }

  private static Path place(Path root, String name) throws IOException {
    Path place = root.resolve(name).normalize();
    if (name.indexOf('\0') >= 0 || !place.startsWith(root) || place.equals(root)) {
      throw new IOException("'" + name + "' leads out of it");
    }
    return place;
  }

  /** Archives have their files below one directory, or not. */
  private static Path releaseIn(Path root, String label) throws IOException {
    if (Files.exists(root.resolve(ReleaseList.NAME))) {
      return root;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
      for (Path each : entries) {
        if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)
            && Files.exists(each.resolve(ReleaseList.NAME))) {
          return each;
        }
      }
    }
    throw new BangerException(
        ErrorCode.BAD_REQUEST,
        label + " is no release of banger that can be updated to: it has no " + ReleaseList.NAME);
  }

  /** What may still be written. */
  private static final class Budget {
    private final String label;
    private long size;
    private int count;

    Budget(String label) {
      this.label = label;
    }

    void count() {
      if (++count > COUNT_LIMIT) {
        throw tooLarge();
      }
    }

    void copy(InputStream in, OutputStream out) throws IOException {
      byte[] buffer = new byte[64 << 10];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        size += n;
        if (size > SIZE_LIMIT) {
          throw tooLarge();
        }
        out.write(buffer, 0, n);
      }
    }

    private BangerException tooLarge() {
      return new BangerException(
          ErrorCode.BAD_REQUEST,
          label + " has more than " + COUNT_LIMIT + " files or 1 GiB, which no release has");
    }
  }
}
