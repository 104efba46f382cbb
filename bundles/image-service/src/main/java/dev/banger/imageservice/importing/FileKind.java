// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import dev.banger.imageservice.layers.Compression;
import dev.banger.imageservice.storage.Ext4Superblock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarUtils;

/** What something is that shall be imported, by its content alone. */
enum FileKind {
  /** A directory with an OCI image layout. */
  DIRECTORY,
  /** A tar, compressed or not: of a container image or a root file system. */
  TAR,
  /** An ext4 file system. */
  EXT4,
  /** A disk with a partition table. */
  DISK,
  /** A disk in QEMU's format. */
  QCOW2;

  private static final String KNOWN =
      "; what can be is a container image (docker save, OCI layout), the tar of a root file system,"
          + " an ext4 file system and a raw or qcow2 disk";

  private static final int RECORD = 512;

  // VMware's sparse extent and descriptor, VirtualBox, VHD and VHDX: common, and qemu-img knows
  // them.
  private static final Map<String, String> OTHER_DISKS =
      Map.of("KDMV", "VMDK", "# Di", "VMDK", "<<< ", "VDI", "conn", "VHD", "vhdx", "VHDX");

  /**
   * Looks.
   *
   * @throws dev.banger.error.BangerException BAD_REQUEST when it is nothing that can be imported
   * @throws IOException when it cannot be read
   */
  static FileKind of(Path path, Refusal refusal) throws IOException {
    if (Files.isDirectory(path)) {
      if (Files.isRegularFile(path.resolve(SavedImage.INDEX), LinkOption.NOFOLLOW_LINKS)
          || Files.isRegularFile(path.resolve(SavedImage.DOCKER), LinkOption.NOFOLLOW_LINKS)) {
        return DIRECTORY;
      }
      throw refusal.unfit("the directory holds no OCI image layout (it has no index.json)" + KNOWN);
    }
    if (!Files.isRegularFile(path)) {
      throw refusal.unfit("it is neither a file nor a directory");
    }
    try (FileChannel file = FileChannel.open(path)) {
      byte[] head = head(file);
      if (head.length >= Integer.BYTES && ByteBuffer.wrap(head).getInt() == QcowDisk.MAGIC) {
        return QCOW2;
      }
      if (isTar(head)) {
        return TAR;
      }
      if (Ext4Superblock.read(file, 0).isPresent()) {
        return EXT4;
      }
      if (PartitionTable.read(file, refusal).isPresent()) {
        return DISK;
      }
      return packed(path, head, refusal);
    }
  }

  private static FileKind packed(Path path, byte[] head, Refusal refusal) throws IOException {
    if (isPacked(path)) {
      byte[] inner;
      try (InputStream in = Compression.DETECTED.decompress(Files.newInputStream(path))) {
        inner = in.readNBytes(RECORD);
      } catch (IOException e) {
        throw refusal.damaged("it cannot be unpacked: " + e.getMessage(), e);
      }
      if (isTar(inner)) {
        return TAR;
      }
      throw refusal.unfit("it is compressed, but no tar is in it; unpack it first" + KNOWN);
    }
    String start = new String(head, 0, Math.min(4, head.length), StandardCharsets.ISO_8859_1);
    if (OTHER_DISKS.containsKey(start)) {
      throw refusal.unfit(
          "it is a %s disk; make a qcow2 one of it with \"qemu-img convert -O qcow2\""
              .formatted(OTHER_DISKS.get(start)));
    }
    throw refusal.unfit("its kind is not known" + KNOWN);
  }

  /** Whether a file is compressed, by its first bytes. */
  static boolean isPacked(Path path) throws IOException {
    byte[] head;
    try (InputStream in = Files.newInputStream(path)) {
      head = in.readNBytes(6);
    }
    return Compression.of(head) != Compression.NONE;
  }

  private static byte[] head(FileChannel file) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(RECORD);
    while (head.hasRemaining() && file.read(head, head.position()) > 0) {}
    return Arrays.copyOf(head.array(), head.position());
  }

  /** A header with a right checksum; an archive without entries begins with its end. */
  private static boolean isTar(byte[] head) {
    try {
      return head.length == RECORD
          && !Arrays.equals(head, new byte[RECORD])
          && TarUtils.verifyCheckSum(head);
    } catch (IllegalArgumentException e) {
      return false; // where the sum should be is no number
    }
  }
}
