// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The partitions of a disk: UEFI specification 2.10, chapter 5 ("GUID Partition Table Disk
 * Layout"), and the older MBR with its chain of logical partitions.
 */
final class PartitionTable {
  private static final int[] SECTORS = {512, 4096};
  private static final byte[] GPT = "EFI PART".getBytes(StandardCharsets.US_ASCII);
  private static final int GPT_HEADER = 92;
  private static final int MOST_ENTRIES = 1024;
  private static final int SMALLEST_ENTRY = 128;
  private static final int LARGEST_ENTRY = 4096;
  private static final int NAME = 56;
  private static final int NAME_LENGTH = 72;
  private static final String UNUSED = "00000000-0000-0000-0000-000000000000";

  private static final int MBR_SECTOR = 512;
  private static final int MBR_ENTRIES = 446;
  private static final int MBR_ENTRY = 16;
  private static final int MBR_COUNT = 4;
  private static final int PROTECTIVE = 0xee;
  private static final int MOST_LOGICAL = 64;
  private static final int FIRST_LOGICAL = 5;

  private final FileChannel disk;
  private final long size;
  private final Refusal refusal;

  private PartitionTable(FileChannel disk, Refusal refusal) throws IOException {
    this.disk = disk;
    this.size = disk.size();
    this.refusal = refusal;
  }

  /**
   * Reads the table of a disk.
   *
   * @return nothing when it has none
   * @throws dev.banger.error.BangerException CORRUPT when it has a damaged one
   * @throws IOException when the disk cannot be read
   */
  static Optional<List<Partition>> read(FileChannel disk, Refusal refusal) throws IOException {
    return new PartitionTable(disk, refusal).read();
  }

  private Optional<List<Partition>> read() throws IOException {
    for (int sector : SECTORS) {
      Optional<ByteBuffer> header = bytes(sector, GPT_HEADER);
      if (header.isPresent() && startsWithGpt(header.get())) {
        return Optional.of(gpt(header.get(), sector));
      }
    }
    Optional<ByteBuffer> first = bytes(0, MBR_SECTOR);
    return first.isPresent() && isMbr(first.get())
        ? Optional.of(mbr(first.get()))
        : Optional.empty();
  }

  private static boolean startsWithGpt(ByteBuffer header) {
    byte[] magic = new byte[GPT.length];
    header.get(0, magic);
    return java.util.Arrays.equals(magic, GPT);
  }

  private List<Partition> gpt(ByteBuffer start, int sector) throws IOException {
    int headerLength = start.getInt(12);
    if (headerLength < GPT_HEADER || headerLength > sector) {
      throw damaged("its header has " + headerLength + " bytes");
    }
    ByteBuffer header = bytes(sector, headerLength).orElseThrow(() -> damaged("it ends early"));
    int wanted = header.getInt(16);
    header.putInt(16, 0);
    requireSum(header, wanted);
    int count = header.getInt(80);
    int length = header.getInt(84);
    if (count < 0 || count > MOST_ENTRIES) {
      throw damaged("it claims " + count + " entries");
    }
    if (length < SMALLEST_ENTRY || length > LARGEST_ENTRY) {
      throw damaged("its entries claim " + length + " bytes");
    }
    ByteBuffer entries =
        bytes(position(header.getLong(72), sector), count * length)
            .orElseThrow(() -> damaged("its entries are not on the disk"));
    requireSum(entries, header.getInt(88));
    List<Partition> found = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ByteBuffer entry = entries.slice(i * length, length).order(ByteOrder.LITTLE_ENDIAN);
      String type = guid(entry);
      if (!type.equals(UNUSED)) {
        found.add(gptPartition(i + 1, type, entry, sector));
      }
    }
    return found;
  }

  private Partition gptPartition(int number, String type, ByteBuffer entry, int sector) {
    long first = position(entry.getLong(32), sector);
    long last = position(entry.getLong(40), sector);
    if (last < first) {
      throw damaged("partition " + number + " ends before it begins");
    }
    byte[] name = new byte[NAME_LENGTH];
    entry.get(NAME, name);
    String text = new String(name, StandardCharsets.UTF_16LE);
    int end = text.indexOf('\0');
    return within(
        new Partition(
            number, first, last - first + sector, type, end < 0 ? text : text.substring(0, end)));
  }

  private long position(long block, int sector) {
    if (block < 0 || block > size / sector) {
      throw damaged("it names sectors that the disk does not have");
    }
    return block * sector;
  }

  private Partition within(Partition partition) {
    if (partition.offset() > size || partition.length() > size - partition.offset()) {
      throw damaged("partition " + partition.number() + " goes beyond the end of the disk");
    }
    return partition;
  }

  private void requireSum(ByteBuffer bytes, int wanted) {
    CRC32 sum = new CRC32();
    sum.update(bytes.duplicate().rewind());
    if ((int) sum.getValue() != wanted) {
      throw damaged("a checksum is wrong");
    }
  }

  /** The first three fields of a GUID are little endian, the rest are bytes in order. */
  private static String guid(ByteBuffer entry) {
    return "%08x-%04x-%04x-%04x-%012x"
        .formatted(
            entry.getInt(0),
            entry.getShort(4),
            entry.getShort(6),
            Short.reverseBytes(entry.getShort(8)),
            Long.reverseBytes(entry.getLong(8)) & 0xffff_ffff_ffffL);
  }

  /** Boot sectors of file systems have the signature, too, but nothing that looks like entries. */
  private static boolean isMbr(ByteBuffer sector) {
    boolean used = false;
    for (int i = 0; i < MBR_COUNT; i++) {
      int status = sector.get(MBR_ENTRIES + i * MBR_ENTRY) & 0xff;
      if (status != 0 && status != 0x80) {
        return false;
      }
      used |= sector.get(MBR_ENTRIES + i * MBR_ENTRY + 4) != 0;
    }
    return used && hasSignature(sector);
  }

  private static boolean hasSignature(ByteBuffer sector) {
    return sector.getShort(510) == (short) 0xaa55;
  }

  private List<Partition> mbr(ByteBuffer sector) throws IOException {
    List<Partition> found = new ArrayList<>();
    for (int i = 0; i < MBR_COUNT; i++) {
      Optional<Partition> entry = mbrEntry(sector, i, i + 1, 0);
      if (entry.isEmpty()) {
        continue;
      }
      int type = Integer.parseInt(entry.get().type(), 16);
      if (type == PROTECTIVE) {
        throw damaged("its GPT is not where it should be");
      }
      if (isExtended(type)) {
        addLogical(within(entry.get()), found);
      } else {
        found.add(within(entry.get()));
      }
    }
    return found;
  }

  private static boolean isExtended(int type) {
    return type == 0x05 || type == 0x0f || type == 0x85;
  }

  /** Each sector of the chain has a partition, and where the next one is. */
  private void addLogical(Partition extended, List<Partition> found) throws IOException {
    long at = extended.offset();
    for (int i = 0; i < MOST_LOGICAL; i++) {
      ByteBuffer sector =
          bytes(at, MBR_SECTOR)
              .filter(PartitionTable::hasSignature)
              .orElseThrow(() -> damaged("its chain of logical partitions is broken"));
      mbrEntry(sector, 0, FIRST_LOGICAL + i, at).map(this::within).ifPresent(found::add);
      Optional<Partition> next = mbrEntry(sector, 1, 0, extended.offset());
      if (next.isEmpty()) {
        return;
      }
      at = next.get().offset();
    }
    throw damaged("its chain of logical partitions has no end");
  }

  private static Optional<Partition> mbrEntry(ByteBuffer sector, int index, int number, long base) {
    int at = MBR_ENTRIES + index * MBR_ENTRY;
    int type = sector.get(at + 4) & 0xff;
    long first = Integer.toUnsignedLong(sector.getInt(at + 8));
    long count = Integer.toUnsignedLong(sector.getInt(at + 12));
    return type == 0 || count == 0
        ? Optional.empty()
        : Optional.of(
            new Partition(
                number, base + first * MBR_SECTOR, count * MBR_SECTOR, "%02x".formatted(type), ""));
  }

  private Optional<ByteBuffer> bytes(long position, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (disk.read(buffer, position + buffer.position()) < 0) {
        return Optional.empty();
      }
    }
    return Optional.of(buffer);
  }

  private dev.banger.error.BangerException damaged(String why) {
    return refusal.damaged("its partition table is damaged: " + why, null);
  }
}
