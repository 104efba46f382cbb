// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import dev.banger.imageservice.storage.Ext4Superblock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Finds the partition of a disk that Linux would boot from.
 *
 * @param offset where its file system begins, in bytes
 * @param sizeBytes the size of its file system
 */
record RootPartition(long offset, long sizeBytes) {
  /** Discoverable Partitions Specification: SD_GPT_ROOT_X86_64. */
  private static final String ROOT_X86_64 = "4f68bce3-e8cd-4db1-96e7-fbcaf984b709";

  /** What installers and makers of cloud images call it. */
  private static final Set<String> LABELS =
      Set.of("root", "rootfs", "/", "cloudimg-rootfs", "linux-root");

  /** A partition with what is in it. */
  private record Found(Partition partition, Optional<Ext4Superblock> ext4, String content) {
    boolean isLabelled() {
      return LABELS.contains(partition.name().toLowerCase(Locale.ROOT))
          || ext4.stream().anyMatch(fs -> LABELS.contains(fs.label().toLowerCase(Locale.ROOT)));
    }

    @Override
    public String toString() {
      String name = partition.name().isEmpty() ? "" : " \"" + partition.name() + "\"";
      return "%d:%s %s, %d MiB"
          .formatted(partition.number(), name, content, partition.length() >> 20);
    }
  }

  /**
   * A file system's magic number.
   *
   * @param offset in the partition, in bytes
   */
  private record Magic(String content, int offset, byte[] bytes) {
    Magic(String content, int offset, String text) {
      this(content, offset, text.getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  // From libblkid's and the kernel's sources of each file system.
  private static final List<Magic> MAGICS =
      List.of(
          new Magic("XFS", 0, "XFSB"),
          new Magic("btrfs", 65536 + 64, "_BHRfS_M"),
          new Magic("LVM", 512, "LABELONE"),
          new Magic("an encrypted LUKS volume", 0, "LUKS\u00ba\u00be"),
          new Magic("swap", 4096 - 10, "SWAPSPACE2"),
          new Magic("squashfs", 0, "hsqs"),
          new Magic("f2fs", 1024, "\u0010\u0020\u00f5\u00f2"),
          new Magic("NTFS", 3, "NTFS    "),
          new Magic("FAT", 54, "FAT"),
          new Magic("FAT", 82, "FAT32"));

  /**
   * Chooses by the type that means the root of this architecture, else by its label, else the
   * largest one.
   *
   * @throws dev.banger.error.BangerException BAD_REQUEST when none of the disk's partitions can be
   *     an image, naming them
   * @throws IOException when the disk cannot be read
   */
  static RootPartition choose(FileChannel disk, List<Partition> partitions, Refusal refusal)
      throws IOException {
    List<Found> all = new ArrayList<>();
    for (Partition partition : partitions) {
      all.add(look(disk, partition));
    }
    Optional<Found> typed =
        all.stream().filter(each -> each.partition().type().equals(ROOT_X86_64)).findFirst();
    Found root =
        typed
            .or(() -> largest(all, Found::isLabelled))
            .or(() -> largest(all, each -> true))
            .filter(each -> each.ext4().isPresent())
            .orElseThrow(() -> noneFits(all, refusal));
    long size = root.ext4().orElseThrow().sizeBytes();
    if (size > root.partition().length()) {
      throw refusal.damaged(
          "the file system of partition " + root.partition().number() + " is cut off", null);
    }
    return new RootPartition(root.partition().offset(), size);
  }

  private static Optional<Found> largest(List<Found> all, Predicate<Found> wanted) {
    return all.stream()
        .filter(each -> each.ext4().isPresent())
        .filter(wanted)
        .max(Comparator.comparingLong(each -> each.partition().length()));
  }

  private static dev.banger.error.BangerException noneFits(List<Found> all, Refusal refusal) {
    return refusal.unfit(
        "its root file system is not ext4; the disk has "
            + (all.isEmpty()
                ? "no partitions"
                : all.stream().map(Found::toString).collect(Collectors.joining("; "))));
  }

  private static Found look(FileChannel disk, Partition partition) throws IOException {
    Optional<Ext4Superblock> ext4 = Ext4Superblock.read(disk, partition.offset());
    if (ext4.isPresent()) {
      return new Found(partition, ext4, "ext4");
    }
    for (Magic magic : MAGICS) {
      ByteBuffer bytes = ByteBuffer.allocate(magic.bytes().length);
      int read = disk.read(bytes, partition.offset() + magic.offset());
      if (read == magic.bytes().length && Arrays.equals(bytes.array(), magic.bytes())) {
        return new Found(partition, ext4, magic.content());
      }
    }
    return new Found(partition, ext4, "unknown content");
  }
}
