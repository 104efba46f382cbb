// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.banger.error.BangerException;
import dev.banger.ext4.Ext4Exception;
import dev.banger.ext4.Ext4FileType;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Metadata;
import dev.banger.ext4.Ext4Path;
import dev.banger.operation.Operation;
import java.io.FilterInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Puts layers over each other in an image. OCI image specification, "Image Layer Filesystem
 * Changeset": whiteouts are about the layers below, wherever in their layer they stand.
 */
final class LayerMerge {
  private static final byte[] WHITEOUT = ".wh.".getBytes(US_ASCII);

  /** What aufs, where whiteouts come from, kept for itself. */
  private static final byte[] AUFS = ".wh..wh.".getBytes(US_ASCII);

  private static final byte[] OPAQUE = ".wh..wh..opq".getBytes(US_ASCII);

  private static final long REPORTED_STEP = 4 << 20;

  private final Ext4ImageWriter image;
  private final LayerLimits limits;
  private final Predicate<Ext4Path> kept;
  private final Operation operation;
  private long entries;
  private long written;
  private long reported;

  LayerMerge(
      Ext4ImageWriter image, LayerLimits limits, Predicate<Ext4Path> kept, Operation operation) {
    this.image = image;
    this.limits = limits;
    this.kept = kept;
    this.operation = operation;
  }

  /** How many entries the layers had. */
  long entries() {
    return entries;
  }

  /**
   * Puts a layer over those before.
   *
   * @throws BangerException CORRUPT, NO_SPACE, OPERATION_FAILED beyond a limit, or how the
   *     operation ended
   * @throws IOException when the image cannot be written
   */
  void add(LayerReader.Content content, LayerFault fault) throws IOException {
    image.beginLayer();
    LayerTar tar = new LayerTar(content);
    for (TarArchiveEntry entry = advance(tar, fault); entry != null; entry = advance(tar, fault)) {
      operation.check();
      if (++entries > limits.entries()) {
        throw fault.beyondLimit(
            "with it the layers have more than " + limits.entries() + " entries");
      }
      apply(new Entry(entry, tar, fault));
    }
    content.finish();
  }

  private static TarArchiveEntry advance(LayerTar tar, LayerFault fault) {
    try {
      return tar.advance();
    } catch (IOException e) {
      throw fault.damaged("its tar cannot be read: " + e.getMessage(), e);
    }
  }

  /** An entry with what it takes to read and to blame it. */
  private final class Entry {
    private final TarArchiveEntry header;
    private final LayerTar tar;
    private final PaxRecords records;
    private final LayerFault fault;
    private final byte[] name;

    Entry(TarArchiveEntry header, LayerTar tar, LayerFault fault) {
      this.header = header;
      this.tar = tar;
      this.fault = fault;
      records = tar.records();
      name =
          records
              .bytes("GNU.sparse.name")
              .or(() -> records.bytes("path"))
              .orElseGet(() -> LayerTar.bytes(header.getName()));
    }

    byte[] linkName() {
      return records.bytes("linkpath").orElseGet(() -> LayerTar.bytes(header.getLinkName()));
    }

    /** The type, or null for a hard link. */
    Ext4FileType type() throws TarFaultException {
      boolean slash = name.length > 0 && name[name.length - 1] == '/';
      return switch (header.getLinkFlag()) {
        case TarConstants.LF_OLDNORM, TarConstants.LF_NORMAL, TarConstants.LF_CONTIG ->
            // That is how tars before POSIX told directories.
            slash ? Ext4FileType.DIRECTORY : Ext4FileType.FILE;
        case TarConstants.LF_LINK -> null;
        case TarConstants.LF_SYMLINK -> Ext4FileType.SYMLINK;
        case TarConstants.LF_CHR -> Ext4FileType.CHARACTER_DEVICE;
        case TarConstants.LF_BLK -> Ext4FileType.BLOCK_DEVICE;
        case TarConstants.LF_DIR -> Ext4FileType.DIRECTORY;
        case TarConstants.LF_FIFO -> Ext4FileType.FIFO;
        default ->
            throw new TarFaultException(
                "its type " + header.getLinkFlag() + " is none that is known");
      };
    }

    /** Refuses what different readers would take for different tars. */
    void checkSize(Ext4FileType type) throws TarFaultException {
      boolean hint = header.getLinkFlag() == TarConstants.LF_DIR;
      boolean skipped = type != Ext4FileType.FILE || header.isDirectory();
      if (skipped && !hint && header.getSize() != 0) {
        throw new TarFaultException("it has content and is no file");
      }
    }
  }

  private void apply(Entry entry) throws IOException {
    try {
      Ext4FileType type = entry.type();
      entry.checkSize(type);
      place(entry, type, EntryNames.path(entry.name, limits.pathDepth()));
    } catch (TarFaultException e) {
      throw entry.fault.damaged(
          "entry \"" + LayerFault.printable(entry.name) + "\": " + e.getMessage(), e);
    } catch (Ext4Exception e) {
      throw entry.fault.refused(entry.name, e);
    }
  }

  private void place(Entry entry, Ext4FileType type, Ext4Path named) throws IOException {
    for (int i = 0; i < named.depth() - 1; i++) {
      if (startsWith(named.name(i), AUFS)) {
        return;
      }
    }
    Ext4Path path = named.depth() == 0 ? named : image.resolveParents(named);
    byte[] last = named.depth() == 0 ? new byte[0] : named.name(named.depth() - 1);
    if (startsWith(last, WHITEOUT)) {
      hide(path.parent(), last);
    } else if (path.depth() == 0 && type != Ext4FileType.DIRECTORY) {
      throw new TarFaultException("the root of the image can only be a directory");
    } else if (kept.test(path)) {
      write(entry, type, path);
    }
  }

  private void hide(Ext4Path directory, byte[] marker) throws IOException {
    if (Arrays.equals(marker, OPAQUE)) {
      image.opaque(directory);
    } else if (!startsWith(marker, AUFS)) {
      byte[] hidden = Arrays.copyOfRange(marker, WHITEOUT.length, marker.length);
      image.whiteout(directory.resolve(hidden));
    }
  }

  private void write(Entry entry, Ext4FileType type, Ext4Path path) throws IOException {
    if (type == null) {
      Ext4Path existing = EntryNames.path(entry.linkName(), limits.pathDepth());
      image.hardLink(path, existing.depth() == 0 ? existing : image.resolveParents(existing));
      return;
    }
    Ext4Metadata metadata = EntryMetadata.of(entry.header, entry.records, type);
    switch (type) {
      case DIRECTORY -> image.directory(path, metadata);
      case SYMLINK -> image.symlink(path, metadata, entry.linkName());
      case FILE -> file(entry, path, metadata);
      default -> special(entry, type, path, metadata);
    }
  }

  private void special(Entry entry, Ext4FileType type, Ext4Path path, Ext4Metadata metadata)
      throws IOException {
    boolean device = type != Ext4FileType.FIFO;
    try {
      image.special(
          path,
          metadata,
          type,
          device ? entry.header.getDevMajor() : 0,
          device ? entry.header.getDevMinor() : 0);
    } catch (IllegalArgumentException e) {
      throw new TarFaultException("its device number is none that Linux has", e);
    }
  }

  private void file(Entry entry, Ext4Path path, Ext4Metadata metadata) throws IOException {
    Optional<SparseMap> sparse = sparse(entry);
    try (FileData data = new FileData(entry)) {
      if (sparse.isPresent()) {
        image.sparseFile(path, metadata, sparse.get().size(), sparse.get().ranges(), data);
      } else {
        image.file(path, metadata, entry.header.getSize(), data);
      }
    }
  }

  private static Optional<SparseMap> sparse(Entry entry) throws TarFaultException {
    try {
      return entry.tar.sparse();
    } catch (TarFaultException e) {
      throw e;
    } catch (IOException e) {
      throw new TarFaultException(e.getMessage(), e);
    }
  }

  private static boolean startsWith(byte[] name, byte[] prefix) {
    return name.length >= prefix.length
        && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** A file's data; its faults cannot be taken for those of the image. */
  private final class FileData extends FilterInputStream {
    private final Entry entry;

    FileData(Entry entry) {
      super(entry.tar);
      this.entry = entry;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      int count;
      try {
        count = in.read(target, offset, length);
      } catch (IOException e) {
        throw entry.fault.damaged(
            "entry \"" + LayerFault.printable(entry.name) + "\": " + e.getMessage(), e);
      }
      written += Math.max(0, count);
      if (written - reported >= REPORTED_STEP) {
        reported = written;
        operation.check();
        operation.progress().bytes("image_write", "writing the image", written, -1);
      }
      return count;
    }

    /** The tar goes on. */
    @Override
    public void close() {}
  }
}
