// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.ext4.Ext4FileType;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Metadata;
import dev.banger.ext4.Ext4Path;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Turns the tar stream of a root file system into an ext4 image, entry by entry, with nothing in
 * between.
 */
public final class RootfsTar {
  /** What belongs to the host that made the tree, or must differ between machines. */
  private static final Pattern PERSONAL =
      Pattern.compile(
          "etc/(hostname|resolv\\.conf|machine-id|ssh/ssh_host_.*|apt/apt\\.conf\\.d/99mmdebstrap)"
              + "|var/lib/dbus/machine-id");

  private static final long REPORTED_STEP = 4 << 20;

  private final Ext4ImageWriter image;
  private final Operation operation;
  private long written;
  private long reported;

  /** Writes into an image, which the caller finishes; the operation ends the copying. */
  public RootfsTar(Ext4ImageWriter image, Operation operation) {
    this.image = image;
    this.operation = operation;
  }

  /**
   * Reads the stream to its end.
   *
   * @throws IOException when it is no tar stream, or an entry cannot be written
   */
  public void copy(InputStream stream) throws IOException {
    TarArchiveInputStream tar = new TarArchiveInputStream(stream, StandardCharsets.UTF_8.name());
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      operation.check();
      String name = plainName(entry.getName());
      if (!PERSONAL.matcher(name).matches()) {
        write(entry, Ext4Path.of(name), tar);
      }
    }
    stream.transferTo(OutputStream.nullOutputStream());
  }

  private void write(TarArchiveEntry entry, Ext4Path path, InputStream content) throws IOException {
    Ext4Metadata metadata = metadata(entry);
    if (entry.isDirectory()) {
      image.directory(path, metadata);
    } else if (entry.isSymbolicLink()) {
      image.symlink(path, metadata, entry.getLinkName().getBytes(StandardCharsets.UTF_8));
    } else if (entry.isLink()) {
      image.hardLink(path, Ext4Path.of(plainName(entry.getLinkName())));
    } else if (entry.isCharacterDevice()) {
      special(entry, path, metadata, Ext4FileType.CHARACTER_DEVICE);
    } else if (entry.isBlockDevice()) {
      special(entry, path, metadata, Ext4FileType.BLOCK_DEVICE);
    } else if (entry.isFIFO()) {
      image.special(path, metadata, Ext4FileType.FIFO, 0, 0);
    } else if (entry.isFile()) {
      image.file(path, metadata, entry.getSize(), content);
      report(entry.getSize());
    } else {
      throw new IOException(
          "the tar entry " + entry.getName() + " has a type that no image can hold");
    }
  }

  private void special(
      TarArchiveEntry entry, Ext4Path path, Ext4Metadata metadata, Ext4FileType type)
      throws IOException {
    image.special(path, metadata, type, entry.getDevMajor(), entry.getDevMinor());
  }

  private static Ext4Metadata metadata(TarArchiveEntry entry) {
    Instant time = entry.getLastModifiedTime().toInstant();
    return Ext4Metadata.of(
        entry.getMode() & 07777, entry.getLongUserId(), entry.getLongGroupId(), time);
  }

  private static String plainName(String name) {
    String plain = name.startsWith("./") ? name.substring(2) : name;
    return plain.endsWith("/")
        ? plain.substring(0, plain.length() - 1)
        : plain.equals(".") ? "" : plain;
  }

  private void report(long bytes) {
    written += bytes;
    if (written - reported >= REPORTED_STEP) {
      reported = written;
      operation.progress().bytes("image_write", "writing the image", written, -1);
    }
  }
}
