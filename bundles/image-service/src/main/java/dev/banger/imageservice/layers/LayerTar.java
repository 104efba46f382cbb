// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;

/**
 * A tar whose names and PAX values stay the bytes they are, and whose sparse files stay sparse.
 *
 * <p>Commons Compress decodes PAX records as UTF-8 and reads sparse files with their holes (those
 * of 2 GiB and a long name not at all), so it is shown neither: of PAX headers it sees the size of
 * what follows, which it has to know, and sparse files are plain ones to it.
 */
final class LayerTar extends TarArchiveInputStream {
  static final int RECORD = TarConstants.DEFAULT_RCDSIZE;

  /** maxSpecialFileSize of Go's archive/tar, which makes nearly all layers. */
  private static final int MAX_HEADER = 1 << 20;

  /** A file has at most a long name, a long target, a global and a local header. */
  private static final int MAX_HEADERS_IN_A_ROW = 16;

  private static final int TYPE = 156;

  private final LayerReader.Content content;
  private int headersInARow;
  private PaxRecords global = PaxRecords.NONE;
  private PaxRecords local = PaxRecords.NONE;
  private SparseMap oldSparse;

  /** The header whose records were read, and what the superclass still has to see of them. */
  private TarArchiveEntry tapped;

  private byte[] shown = {};
  private int shownAt;

  LayerTar(LayerReader.Content content) {
    super(content, RECORD, RECORD, ISO_8859_1.name(), false);
    this.content = content;
  }

  /**
   * Returns the next entry, or null.
   *
   * @throws IOException when the tar is not one
   */
  TarArchiveEntry advance() throws IOException {
    headersInARow = 0;
    local = PaxRecords.NONE;
    oldSparse = null;
    try {
      if (endsUnpadded()) {
        return null;
      }
      TarArchiveEntry entry = getNextEntry();
      if (entry == null && headersInARow > 1) {
        throw new TarFaultException("the tar ends after a header that is about another");
      }
      return entry;
    } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
      throw new TarFaultException("a header has impossible numbers", e);
    }
  }

  /**
   * Whether nothing follows the last entry's content, not even what fills its record: umoci insert
   * makes such layers, and Go's archive/tar, which most tools read them with, takes that for the
   * end.
   */
  private boolean endsUnpadded() throws IOException {
    if (getCurrentEntry() == null) {
      return false;
    }
    transferTo(OutputStream.nullOutputStream());
    return content.position() % RECORD != 0 && content.isAtEnd();
  }

  /** What PAX headers say of the current entry. */
  PaxRecords records() {
    return local.over(global);
  }

  /** Where the current entry has data, if it is sparse; its data alone is left to read then. */
  Optional<SparseMap> sparse() throws IOException {
    long before = content.position();
    Optional<SparseMap> map = oldSparse != null ? Optional.of(oldSparse) : paxSparse();
    long left = getCurrentEntry().getSize() - (content.position() - before);
    if (map.isPresent() && map.get().dataLength() != left) {
      throw new TarFaultException("a sparse map is not about the data that follows it");
    }
    return map;
  }

  private Optional<SparseMap> paxSparse() throws IOException {
    Optional<Long> size = local.number("GNU.sparse.realsize");
    if (size.isEmpty()) {
      size = local.number("GNU.sparse.size");
    }
    if (size.isEmpty()) {
      if (local.has("SCHILY.realsize")) {
        throw new TarFaultException("star's own sparse format is not understood");
      }
      return Optional.empty();
    }
    boolean mapInContent = local.number("GNU.sparse.major").orElse(0L) >= 1;
    return Optional.of(
        mapInContent
            ? SparseMap.ofContent(this, size.get(), RECORD)
            : local.sparseMap().build(size.get()));
  }

  // The superclass calls this for what follows each header that is about another.
  @Override
  public TarArchiveEntry getNextEntry() throws IOException {
    if (++headersInARow > MAX_HEADERS_IN_A_ROW) {
      throw new TarFaultException("more than " + MAX_HEADERS_IN_A_ROW + " headers for one entry");
    }
    return super.getNextEntry();
  }

  @Override
  protected byte[] readRecord() throws IOException {
    byte[] header = super.readRecord();
    if (header == null) {
      if (content.position() % RECORD != 0) {
        throw new TarFaultException("the tar ends in the middle of a header");
      }
      return null;
    }
    if (!isEOFRecord(header) && !TarUtils.verifyCheckSum(header)) {
      throw new TarFaultException("there is no header where one should be, or it is damaged");
    }
    if (header[TYPE] == TarConstants.LF_GNUTYPE_SPARSE) {
      // The next record is read into the same array.
      byte[] copy = header.clone();
      oldSparse = SparseMap.ofHeader(copy, super::readRecord);
      System.arraycopy(copy, 0, header, 0, RECORD);
      header[TYPE] = TarConstants.LF_NORMAL;
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
    if (!header) {
      return super.read(target, offset, length);
    }
    if (entry.getSize() > MAX_HEADER) {
      throw new TarFaultException(
          "a header of " + entry.getSize() + " bytes, more than " + MAX_HEADER);
    }
    if (!entry.isPaxHeader() && !entry.isGlobalPaxHeader()) {
      return super.read(target, offset, length);
    }
    if (tapped != entry) {
      tap(entry);
    }
    int count = Math.min(length, shown.length - shownAt);
    System.arraycopy(shown, shownAt, target, offset, count);
    shownAt += count;
    return count == 0 && length > 0 ? -1 : count;
  }

  private void tap(TarArchiveEntry entry) throws IOException {
    byte[] raw = new byte[(int) entry.getSize()];
    int read = 0;
    while (read < raw.length) {
      int count = super.read(raw, read, raw.length - read);
      if (count < 0) {
        throw new TarFaultException("a PAX header ends early");
      }
      read += count;
    }
    tapped = entry;
    shown = new byte[0];
    shownAt = 0;
    PaxRecords records = PaxRecords.parse(raw);
    if (entry.isGlobalPaxHeader()) {
      for (String key : new String[] {"path", "linkpath", "size", "GNU.sparse.name"}) {
        if (records.has(key)) {
          throw new TarFaultException("a global PAX header gives every entry the same " + key);
        }
      }
      global = records.over(global);
    } else {
      local = records;
      shown = bytes(shownRecords(records));
    }
  }

  /**
   * What the superclass has to know. It takes a file for a directory if the header's name, where
   * the true one is cut off, happens to end with a slash; so it is shown a name that does not.
   */
  private static String shownRecords(PaxRecords records) throws TarFaultException {
    boolean named = records.bytes("path").or(() -> records.bytes("GNU.sparse.name")).isPresent();
    Optional<Long> size = records.number("size");
    return (named ? record("path=x") : "") + (size.isPresent() ? record("size=" + size.get()) : "");
  }

  /** Makes a PAX record, whose length counts its own digits. */
  private static String record(String text) {
    int length = text.length() + 3;
    length += length > 9 ? 1 : 0;
    return length + " " + text + "\n";
  }

  /** The bytes of a name from a header. */
  static byte[] bytes(String name) {
    return name.getBytes(ISO_8859_1);
  }
}
