// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.bundle;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.ContentStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.compress.archivers.tar.TarUtils;

/**
 * The tar of a bundle: plain files with short names and nothing else, so that no two readers can
 * see different things in it. POSIX.1-1988 ustar; sizes from 8 GiB on as GNU tar writes them.
 */
final class BundleTar {
  private static final int RECORD = 512;
  private static final int NAME_LENGTH = 100;
  private static final int SIZE = 124;
  private static final int SIZE_LENGTH = 12;
  private static final int TYPE = 156;
  private static final int PREFIX = 345;
  private static final byte[] ZEROS = new byte[RECORD];
  // Tars are filled up to a multiple of what is written at once, 10 KiB for GNU tar.
  private static final int MOST_PADDING = 1 << 20;

  private final InputStream in;
  private final Set<String> allowed;
  private final Set<String> seen = new TreeSet<>();
  private long padding;

  /**
   * An entry.
   *
   * @param content its bytes, to be read to their end before the next entry
   */
  record Entry(String name, long size, InputStream content) {}

  /**
   * @param in not closed here
   * @param allowed the names that the archive must have, once each
   */
  BundleTar(InputStream in, Set<String> allowed) {
    this.in = in;
    this.allowed = new TreeSet<>(allowed);
  }

  /**
   * The next entry; nothing at the end, which is reached only when all names were there and nothing
   * but zeros follows.
   *
   * @throws BangerException CORRUPT
   */
  Optional<Entry> next() {
    read((int) padding);
    byte[] header = read(RECORD);
    if (Arrays.equals(header, ZEROS)) {
      requireEnd();
      return Optional.empty();
    }
    if (!isHeader(header)) {
      throw refused("it is no tar, or a damaged one");
    }
    String name = name(header);
    if (header[PREFIX] != 0 || !allowed.contains(name)) {
      throw refused(
          "it holds \"" + name + "\"; there may only be " + String.join(" and ", allowed));
    }
    if (header[TYPE] != '0' && header[TYPE] != 0) {
      throw refused("its entry " + name + " is no plain file");
    }
    if (!seen.add(name)) {
      throw refused("it holds " + name + " twice");
    }
    long size = size(header, name);
    padding = Math.floorMod(-size, RECORD);
    return Optional.of(
        new Entry(
            name,
            size,
            new ContentStream(in, size, (why, cause) -> refused(name + " " + why, cause))));
  }

  private static boolean isHeader(byte[] record) {
    try {
      return TarUtils.verifyCheckSum(record);
    } catch (IllegalArgumentException e) {
      return false; // where the sum should be is no number
    }
  }

  private static String name(byte[] header) {
    int end = 0;
    while (end < NAME_LENGTH && header[end] != 0) {
      end++;
    }
    return new String(header, 0, end, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "?");
  }

  private static long size(byte[] header, String name) {
    try {
      long size = TarUtils.parseOctalOrBinary(header, SIZE, SIZE_LENGTH);
      if (size >= 0) {
        return size;
      }
    } catch (IllegalArgumentException e) {
      throw refused("the size of " + name + " is no number", e);
    }
    throw refused("the size of " + name + " is negative");
  }

  private void requireEnd() {
    if (!seen.equals(allowed)) {
      Set<String> missing = new TreeSet<>(allowed);
      missing.removeAll(seen);
      throw refused("it lacks " + String.join(" and ", missing));
    }
    try {
      byte[] rest = in.readNBytes(MOST_PADDING + 1);
      if (rest.length > MOST_PADDING || !Arrays.equals(rest, new byte[rest.length])) {
        throw refused("something follows the end of its tar");
      }
    } catch (IOException e) {
      throw refused("it cannot be unpacked: " + e.getMessage(), e);
    }
  }

  private byte[] read(int length) {
    try {
      byte[] bytes = in.readNBytes(length);
      if (bytes.length == length) {
        return bytes;
      }
    } catch (IOException e) {
      throw refused("it cannot be unpacked: " + e.getMessage(), e);
    }
    throw refused("it ends early");
  }

  static BangerException refused(String why) {
    return refused(why, null);
  }

  static BangerException refused(String why, Exception cause) {
    return new BangerException(
        ErrorCode.CORRUPT,
        "the bundle is not accepted: "
            + why.replaceAll("\\p{Cntrl}", "?")
            + "; get it again, and ask its maker if that does not help",
        cause);
  }

  /** Writes the header of a plain file of root's, without a time. */
  static void writeHeader(String name, long size, OutputStream out) throws IOException {
    byte[] header = new byte[RECORD];
    byte[] plain = name.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(plain, 0, header, 0, plain.length);
    TarUtils.formatLongOctalBytes(0644, header, 100, 8);
    TarUtils.formatLongOctalBytes(0, header, 108, 8);
    TarUtils.formatLongOctalBytes(0, header, 116, 8);
    TarUtils.formatLongOctalOrBinaryBytes(size, header, SIZE, SIZE_LENGTH);
    TarUtils.formatLongOctalBytes(0, header, 136, 12);
    header[TYPE] = '0';
    byte[] magic = {'u', 's', 't', 'a', 'r', 0, '0', '0'};
    System.arraycopy(magic, 0, header, 257, magic.length);
    Arrays.fill(header, 148, 156, (byte) ' ');
    TarUtils.formatCheckSumOctalBytes(TarUtils.computeCheckSum(header), header, 148, 8);
    out.write(header);
  }

  /** Fills up the last record of a file. */
  static void writePadding(long size, OutputStream out) throws IOException {
    out.write(ZEROS, 0, Math.floorMod(-size, RECORD));
  }

  /** Writes the end of an archive. */
  static void writeEnd(OutputStream out) throws IOException {
    out.write(ZEROS);
    out.write(ZEROS);
  }
}
