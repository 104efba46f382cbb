// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The inodes in the image, behind a few cached blocks. */
final class InodeTable {
  /** Inodes are mostly written in order, so a few blocks save nearly all reads and writes. */
  private static final int CACHED_BLOCKS = 64;

  private final Geometry geometry;
  private final ImageFile image;
  private final byte[] uuid;
  private final LinkedHashMap<Long, byte[]> cache = new LinkedHashMap<>(128, 0.75f, true);

  InodeTable(Geometry geometry, ImageFile image, byte[] uuid) {
    this.geometry = geometry;
    this.image = image;
    this.uuid = uuid;
  }

  Inode read(int number) throws IOException {
    return Inode.copyOf(block(number), offset(number));
  }

  void write(int number, Inode inode) throws IOException {
    inode.copyTo(block(number), offset(number), MetadataChecksum.of(uuid, number));
  }

  /** Makes the inode as if it had never been used. */
  void clear(int number) throws IOException {
    byte[] block = block(number);
    Arrays.fill(block, offset(number), offset(number) + Inode.SIZE, (byte) 0);
  }

  void flush() throws IOException {
    for (Map.Entry<Long, byte[]> entry : cache.entrySet()) {
      image.write(entry.getKey(), entry.getValue());
    }
    cache.clear();
  }

  private byte[] block(int number) throws IOException {
    int index = (number - 1) % geometry.inodesPerGroup() / Geometry.INODES_PER_BLOCK;
    long address = geometry.inodeTable((number - 1) / geometry.inodesPerGroup()) + index;
    byte[] block = cache.get(address);
    if (block == null) {
      if (cache.size() == CACHED_BLOCKS) {
        Iterator<Map.Entry<Long, byte[]>> oldest = cache.entrySet().iterator();
        Map.Entry<Long, byte[]> entry = oldest.next();
        image.write(entry.getKey(), entry.getValue());
        oldest.remove();
      }
      block = image.read(address);
      cache.put(address, block);
    }
    return block;
  }

  private static int offset(int number) {
    return (number - 1) % Geometry.INODES_PER_BLOCK * Inode.SIZE;
  }
}
