// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;

/** A tar whose headers take neither memory nor stack without end, and read nothing ahead. */
final class BoundedTar extends TarArchiveInputStream {
  /** maxSpecialFileSize of Go's archive/tar, which makes nearly all of these archives. */
  private static final int MAX_HEADER = 1 << 20;

  /** A file has at most a long name, a long target, a global and a local header. */
  private static final int MAX_HEADERS_IN_A_ROW = 16;

  private int headersInARow;

  BoundedTar(InputStream in) {
    super(
        in,
        TarConstants.DEFAULT_RCDSIZE,
        TarConstants.DEFAULT_RCDSIZE,
        StandardCharsets.UTF_8.name(),
        false);
  }

  /** Returns the next entry, or null. */
  TarArchiveEntry advance() throws IOException {
    headersInARow = 0;
    try {
      return getNextEntry();
    } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
      throw new IOException("a header has impossible numbers", e);
    }
  }

  // The superclass calls this for what follows each header that is about another.
  @Override
  public TarArchiveEntry getNextEntry() throws IOException {
    if (++headersInARow > MAX_HEADERS_IN_A_ROW) {
      throw new IOException("more than " + MAX_HEADERS_IN_A_ROW + " headers for one entry");
    }
    return super.getNextEntry();
  }

  @Override
  protected byte[] readRecord() throws IOException {
    byte[] header = super.readRecord();
    if (header != null && !isEOFRecord(header) && !TarUtils.verifyCheckSum(header)) {
      throw new IOException("there is no header where one should be, or it is damaged");
    }
    return header;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    TarArchiveEntry entry = getCurrentEntry();
    boolean header =
        entry != null
            && (entry.isPaxHeader()
                || entry.isGlobalPaxHeader()
                || entry.isGNULongNameEntry()
                || entry.isGNULongLinkEntry());
    if (header && entry.getSize() > MAX_HEADER) {
      throw new IOException("a header of " + entry.getSize() + " bytes");
    }
    return super.read(target, offset, length);
  }
}
