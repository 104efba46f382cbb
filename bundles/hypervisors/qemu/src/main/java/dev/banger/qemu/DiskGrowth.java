// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;

/**
 * A disk's way to another size, which is no smaller.
 *
 * @param fromBytes the size that it has
 * @param toBytes the size that it is to have
 */
record DiskGrowth(long fromBytes, long toBytes) {
  /** A disk consists of sectors. */
  private static final int SECTOR_BYTES = 512;

  /**
   * @throws BangerException BAD_REQUEST when it is none
   */
  static DiskGrowth of(Disk disk, long fromBytes, long toBytes) {
    if (toBytes % SECTOR_BYTES != 0) {
      throw refused("%d bytes are no size of a disk: name a multiple of %d", toBytes, SECTOR_BYTES);
    }
    if (toBytes < fromBytes) {
      throw refused(
          "the disk %s has %d bytes and cannot shrink to %d: name a larger size",
          disk.path(), fromBytes, toBytes);
    }
    if (disk.readOnly()) {
      throw refused("the disk %s is read-only: it keeps its size", disk.path());
    }
    return new DiskGrowth(fromBytes, toBytes);
  }

  /** Whether there is anything to do. */
  boolean needed() {
    return toBytes > fromBytes;
  }

  /** QEMU's words as an error. */
  static BangerException failure(Disk disk, String words) {
    return new BangerException(
        code(words), "the disk %s cannot be grown: %s".formatted(disk.path(), words));
  }

  private static ErrorCode code(String words) {
    if (words.contains("No space left") || words.contains("Disk quota exceeded")) {
      return ErrorCode.NO_SPACE;
    }
    return words.contains("\" lock") ? ErrorCode.IN_USE : ErrorCode.OPERATION_FAILED;
  }

  private static BangerException refused(String format, Object... arguments) {
    return new BangerException(ErrorCode.BAD_REQUEST, format.formatted(arguments));
  }
}
