// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;

/** A tar whose headers take neither memory nor stack without end, and read nothing ahead. */
public class BoundedTar extends TarArchiveInputStream {
  static final int RECORD = TarConstants.DEFAULT_RCDSIZE;

  /** maxSpecialFileSize of Go's archive/tar, which makes nearly all layers and images' archives. */
  private static final int MAX_HEADER = 1 << 20;

  /** A file has at most a long name, a long target, a global and a local header. */
  private static final int MAX_HEADERS_IN_A_ROW = 16;

  private int headersInARow;

  /**
   * @param names how names are encoded
   */
  public BoundedTar(InputStream in, Charset names) {
    super(in, RECORD, RECORD, names.name(), false);
  }

  /**
   * Returns the next entry, or null.
   *
   * @throws IOException when the tar is not one
   */
  public TarArchiveEntry advance() throws IOException {
    headersInARow = 0;
    try {
      TarArchiveEntry entry = getNextEntry();
      if (entry == null && headersInARow > 1) {
        throw new TarFaultException("the tar ends after a header that is about another");
      }
      return entry;
    } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
      throw new TarFaultException("a header has impossible numbers", e);
    }
  }

  // The superclass calls this for what follows each header that is about another.
  @Override
  public final TarArchiveEntry getNextEntry() throws IOException {
    if (++headersInARow > MAX_HEADERS_IN_A_ROW) {
      throw new TarFaultException("more than " + MAX_HEADERS_IN_A_ROW + " headers for one entry");
    }
    return super.getNextEntry();
  }

  @Override
  protected byte[] readRecord() throws IOException {
    byte[] header = readUnchecked();
    if (header != null && !isEOFRecord(header) && !TarUtils.verifyCheckSum(header)) {
      throw new TarFaultException("there is no header where one should be, or it is damaged");
    }
    return header;
  }

  /** The next record, which need not be a header; into the same array as the one before. */
  final byte[] readUnchecked() throws IOException {
    return super.readRecord();
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    TarArchiveEntry entry = getCurrentEntry();
    if (entry != null
        && (isPax(entry) || entry.isGNULongNameEntry() || entry.isGNULongLinkEntry())) {
      checkSize(entry);
    }
    return super.read(target, offset, length);
  }

  static boolean isPax(TarArchiveEntry entry) {
    return entry.isPaxHeader() || entry.isGlobalPaxHeader();
  }

  /** Refuses a header that is about another and has more to say than there can be. */
  static void checkSize(TarArchiveEntry header) throws TarFaultException {
    if (header.getSize() > MAX_HEADER) {
      throw new TarFaultException(
          "a header of " + header.getSize() + " bytes, more than " + MAX_HEADER);
    }
  }
}
