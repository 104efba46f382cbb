// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdUtils;
import org.tukaani.xz.XZInputStream;

/** Reads the regular files of a Debian package, in the form of deb(5). */
final class DebPackage {
  /** Far more than any package here; bounds what a hostile one can make us read. */
  private static final long MAX_UNPACKED = 4L << 30;

  /** More than xz's strongest preset needs. */
  private static final int XZ_MEMORY_KIB = 128 << 10;

  private DebPackage() {}

  /** Takes one regular file. */
  @FunctionalInterface
  interface FileVisitor {
    /**
     * Takes a file.
     *
     * @param name its path, without a leading {@code ./} or {@code /}; nothing to make a path on
     *     the host of
     * @param size its size
     * @param content need not be read, nor closed
     */
    void visit(String name, long size, InputStream content) throws IOException;
  }

  /**
   * Visits every regular file of a package.
   *
   * @throws IOException also when the package is truncated or not one
   */
  static void visitFiles(Path deb, FileVisitor visitor) throws IOException {
    try (ArArchiveInputStream members =
        new ArArchiveInputStream(new BufferedInputStream(Files.newInputStream(deb), 1 << 16))) {
      for (ArArchiveEntry member = members.getNextEntry();
          member != null;
          member = members.getNextEntry()) {
        if (member.getName().startsWith("data.tar")) {
          Counted data = new Counted(members, Long.MAX_VALUE);
          visitTar(unpacked(member.getName(), data), visitor);
          data.transferTo(OutputStream.nullOutputStream());
          if (data.count == member.getSize()) {
            return;
          }
        }
      }
    }
    throw new IOException(deb.getFileName() + " is not a whole Debian package");
  }

  private static InputStream unpacked(String name, InputStream member) throws IOException {
    switch (name) {
      case "data.tar":
        return member;
      case "data.tar.gz":
        return new GZIPInputStream(member, 1 << 16);
      case "data.tar.xz":
        return new XZInputStream(member, XZ_MEMORY_KIB);
      case "data.tar.zst":
        if (ZstdUtils.isZstdCompressionAvailable()) {
          return new ZstdCompressorInputStream(member);
        }
        break;
      default:
        break;
    }
    throw new IOException("a Debian package whose " + name + " cannot be unpacked here");
  }

  private static void visitTar(InputStream in, FileVisitor visitor) throws IOException {
    InputStream bounded = new Counted(in, MAX_UNPACKED);
    TarArchiveInputStream tar = new TarArchiveInputStream(bounded, "UTF-8");
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      if (isRegular(entry)) {
        visitor.visit(entry.getName().replaceFirst("^(\\./|/)+", ""), entry.getSize(), tar);
      }
    }
    // Only at its end does a compressed stream tell whether it is whole.
    bounded.transferTo(OutputStream.nullOutputStream());
  }

  /** The library calls everything a file that is no directory. */
  private static boolean isRegular(TarArchiveEntry entry) {
    byte type = entry.getLinkFlag();
    return (type == TarConstants.LF_NORMAL || type == TarConstants.LF_OLDNORM)
        && !entry.isDirectory();
  }

  /** Counts what is read and refuses to go on for ever. */
  private static final class Counted extends FilterInputStream {
    private final long limit;
    private long count;

    Counted(InputStream in, long limit) {
      super(in);
      this.limit = limit;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int got = in.read(into, offset, length);
      add(Math.max(got, 0));
      return got;
    }

    @Override
    public long skip(long wanted) throws IOException {
      long skipped = in.skip(wanted);
      add(skipped);
      return skipped;
    }

    private void add(long bytes) throws IOException {
      count += bytes;
      if (count > limit) {
        throw new IOException("the package unpacks to more than " + limit + " bytes");
      }
    }
  }
}
