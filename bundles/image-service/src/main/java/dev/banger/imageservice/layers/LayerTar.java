// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * A tar whose names and PAX values stay the bytes they are, and whose sparse files stay sparse.
 *
 * <p>Commons Compress decodes PAX records as UTF-8 and reads sparse files with their holes (those
 * of 2 GiB and a long name not at all), so it is shown neither: of PAX headers it sees the size of
 * what follows, which it has to know, and sparse files are plain ones to it.
 */
final class LayerTar extends BoundedTar {
  private static final int TYPE = 156;

  private final LayerReader.Content content;
  private PaxRecords global = PaxRecords.NONE;
  private PaxRecords local = PaxRecords.NONE;
  private SparseMap oldSparse;

  /** The header whose records were read, and what the superclass still has to see of them. */
  private TarArchiveEntry tapped;

  private byte[] shown = {};
  private int shownAt;

  LayerTar(LayerReader.Content content) {
    super(content, ISO_8859_1);
    this.content = content;
  }

  @Override
  public TarArchiveEntry advance() throws IOException {
    local = PaxRecords.NONE;
    oldSparse = null;
    return endsUnpadded() ? null : super.advance();
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

  @Override
  protected byte[] readRecord() throws IOException {
    byte[] header = super.readRecord();
    if (header == null) {
      if (content.position() % RECORD != 0) {
        throw new TarFaultException("the tar ends in the middle of a header");
      }
      return null;
    }
    if (header[TYPE] == TarConstants.LF_GNUTYPE_SPARSE) {
      // The next record is read into the same array.
      byte[] copy = header.clone();
      oldSparse = SparseMap.ofHeader(copy, this::readUnchecked);
      System.arraycopy(copy, 0, header, 0, RECORD);
      header[TYPE] = TarConstants.LF_NORMAL;
    }
    return header;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    TarArchiveEntry entry = getCurrentEntry();
    if (entry == null || !isPax(entry)) {
      return super.read(target, offset, length);
    }
    checkSize(entry);
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
