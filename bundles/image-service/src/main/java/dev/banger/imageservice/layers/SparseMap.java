// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import dev.banger.ext4.DataRange;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarUtils;

/**
 * Where a sparse file has data, whatever form its tar tells it in. GNU tar manual, "Storing Sparse
 * Files".
 *
 * @param size the file's size in bytes
 * @param ranges in ascending order without overlap
 */
record SparseMap(long size, List<DataRange> ranges) {
  /** Far more pieces than file systems make of a file, few enough for the heap. */
  private static final int MAX_RANGES = 1 << 17;

  // struct sparse and struct oldgnu_header of the GNU tar manual, "Basic Tar Format".
  private static final int NUMBER = 12;
  private static final int HEADER_MAP = 386;
  private static final int HEADER_RANGES = 4;
  private static final int HEADER_EXTENDED = 482;
  private static final int HEADER_REAL_SIZE = 483;
  private static final int EXTENSION_RANGES = 21;
  private static final int EXTENSION_EXTENDED = 504;

  /** The bytes that the archive must have for the ranges. */
  long dataLength() {
    return ranges.stream().mapToLong(DataRange::length).sum();
  }

  /** Collects ranges and refuses what no map can say. */
  static final class Builder {
    private final List<DataRange> ranges = new ArrayList<>();

    void add(long offset, long length) throws TarFaultException {
      long end = ranges.isEmpty() ? 0 : end(ranges.get(ranges.size() - 1));
      if (offset < end || length < 0 || offset + length < 0) {
        throw new TarFaultException("a sparse map goes back or beyond all sizes");
      }
      if (ranges.size() == MAX_RANGES) {
        throw new TarFaultException("a sparse file has more than " + MAX_RANGES + " pieces");
      }
      ranges.add(new DataRange(offset, length));
    }

    SparseMap build(long size) throws TarFaultException {
      if (!ranges.isEmpty() && end(ranges.get(ranges.size() - 1)) > size) {
        throw new TarFaultException("a sparse map goes beyond its file's size");
      }
      return new SparseMap(size, List.copyOf(ranges));
    }

    private static long end(DataRange range) {
      return range.offset() + range.length();
    }
  }

  /** Gives the next record of a tar, or null. */
  interface Records {
    byte[] next() throws IOException;
  }

  /** Reads the map of the old GNU format from a header and the records that follow it. */
  static SparseMap ofHeader(byte[] header, Records following) throws IOException {
    Builder builder = new Builder();
    addRanges(header, HEADER_MAP, HEADER_RANGES, builder);
    long size = number(header, HEADER_REAL_SIZE);
    boolean extended = header[HEADER_EXTENDED] != 0;
    while (extended) {
      byte[] record = following.next();
      if (record == null) {
        throw new TarFaultException("a sparse map ends early");
      }
      addRanges(record, 0, EXTENSION_RANGES, builder);
      extended = record[EXTENSION_EXTENDED] != 0;
    }
    return builder.build(size);
  }

  private static void addRanges(byte[] record, int start, int count, Builder builder)
      throws TarFaultException {
    for (int i = 0; i < count; i++) {
      int at = start + i * 2 * NUMBER;
      // An unused place has no digits; a range of no length at the end says the size.
      if (record[at] != 0) {
        builder.add(number(record, at), number(record, at + NUMBER));
      }
    }
  }

  private static long number(byte[] record, int at) throws TarFaultException {
    try {
      return TarUtils.parseOctalOrBinary(record, at, NUMBER);
    } catch (IllegalArgumentException e) {
      throw new TarFaultException("a sparse map has no number where one should be", e);
    }
  }

  /**
   * Reads the map of PAX's format 1.0, which stands before the data in records of its own.
   *
   * @return the map; the stream is at the data
   */
  static SparseMap ofContent(InputStream content, long size, int recordSize) throws IOException {
    Lines lines = new Lines(content);
    Builder builder = new Builder();
    long count = lines.number();
    for (long i = 0; i < count; i++) {
      builder.add(lines.number(), lines.number());
    }
    content.skipNBytes(Math.floorMod(-lines.read, recordSize));
    return builder.build(size);
  }

  /** Decimal numbers, each on a line. */
  private static final class Lines {
    private final InputStream content;
    private long read;

    Lines(InputStream content) {
      this.content = content;
    }

    long number() throws IOException {
      long number = 0;
      int digits = 0;
      for (int c = content.read(); c != '\n' || digits == 0; c = content.read()) {
        // 18 digits never overflow.
        if (c < '0' || c > '9' || ++digits > 18) {
          throw new TarFaultException("a sparse map has no number where one should be");
        }
        number = 10 * number + c - '0';
      }
      read += digits + 1;
      return number;
    }
  }
}
