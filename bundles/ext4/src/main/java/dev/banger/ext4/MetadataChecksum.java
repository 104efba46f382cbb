// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * A CRC-32C as ext4 has it: begun with all ones and not inverted at the end, most often over the
 * file system's UUID first. ext4 documentation, "Checksums".
 */
final class MetadataChecksum {
  private final CRC32C crc = new CRC32C();

  /** Begins with nothing, as the superblock's own does. */
  static MetadataChecksum bare() {
    return new MetadataChecksum();
  }

  static MetadataChecksum of(byte[] uuid) {
    return new MetadataChecksum().bytes(uuid, 0, uuid.length);
  }

  /** Begins the checksum of something that belongs to an inode; the generation is always 0. */
  static MetadataChecksum of(byte[] uuid, int inode) {
    return of(uuid).int32(inode).int32(0);
  }

  MetadataChecksum bytes(byte[] data, int offset, int length) {
    crc.update(data, offset, length);
    return this;
  }

  MetadataChecksum bytes(ByteBuffer data, int offset, int length) {
    crc.update(data.slice(offset, length));
    return this;
  }

  MetadataChecksum int32(int value) {
    byte[] bytes = new byte[4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(value);
    return bytes(bytes, 0, 4);
  }

  MetadataChecksum int64(long value) {
    return int32((int) value).int32((int) (value >>> 32));
  }

  int value() {
    return ~(int) crc.getValue();
  }
}
