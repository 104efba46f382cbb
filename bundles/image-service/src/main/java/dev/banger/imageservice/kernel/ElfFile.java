// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * As much of a little-endian 64-bit ELF file as kernels and their modules need. The layout is that
 * of elf(5). No number in the file is trusted.
 */
public final class ElfFile {
  private static final int MAGIC = 0x464c457f;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int HEADER = 64;
  private static final int PROGRAM_HEADER = 56;
  private static final int SECTION_HEADER = 64;
  private static final int PT_LOAD = 1;
  private static final int PT_NOTE = 4;
  private static final int SHT_NOBITS = 8;

  /** The entry point for virtual machine monitors; XEN_ELFNOTE_PHYS32_ENTRY of Linux and Xen. */
  private static final int PVH_ENTRY_NOTE = 18;

  private static final byte[] XEN = {'X', 'e', 'n', 0};

  private final ByteBuffer bytes;

  private ElfFile(ByteBuffer bytes) throws IOException {
    this.bytes = bytes;
    if (bytes.limit() < HEADER
        || bytes.getInt(0) != MAGIC
        || bytes.get(4) != CLASS_64
        || bytes.get(5) != LITTLE_ENDIAN) {
      throw new IOException("not a 64-bit little-endian ELF file");
    }
  }

  /**
   * A file whose content is at hand.
   *
   * @throws IOException when it is none
   */
  public static ElfFile of(byte[] content) throws IOException {
    return new ElfFile(ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN));
  }

  /**
   * A file, which must not be changed meanwhile.
   *
   * @throws IOException when it is none, has 2 GiB or more, or cannot be read
   */
  public static ElfFile open(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw new IOException("an ELF file of " + channel.size() + " bytes");
      }
      return new ElfFile(
          channel
              .map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
              .order(ByteOrder.LITTLE_ENDIAN));
    }
  }

  /**
   * Returns when all that is to be loaded is in the file and a virtual machine monitor can enter
   * it.
   *
   * @throws IOException otherwise
   */
  public void requireBootable() throws IOException {
    long table = bytes.getLong(32);
    int size = Short.toUnsignedInt(bytes.getShort(54));
    int count = Short.toUnsignedInt(bytes.getShort(56));
    boolean loads = false;
    boolean entry = false;
    for (int i = 0; i < count; i++) {
      if (size < PROGRAM_HEADER) {
        throw new IOException("program headers of " + size + " bytes");
      }
      ByteBuffer header = slice(table + (long) i * size, PROGRAM_HEADER);
      int type = header.getInt(0);
      if (type == PT_LOAD || type == PT_NOTE) {
        ByteBuffer content = slice(header.getLong(8), header.getLong(32));
        loads |= type == PT_LOAD;
        entry |= type == PT_NOTE && hasPvhEntry(content);
      }
    }
    if (!loads || !entry) {
      throw new IOException("not a kernel with a PVH entry");
    }
  }

  /** The content of the first section of a name. */
  Optional<byte[]> section(String name) throws IOException {
    long table = bytes.getLong(40);
    int size = Short.toUnsignedInt(bytes.getShort(58));
    int count = Short.toUnsignedInt(bytes.getShort(60));
    int namesIndex = Short.toUnsignedInt(bytes.getShort(62));
    if (count == 0) {
      return Optional.empty();
    }
    if (size < SECTION_HEADER || namesIndex >= count) {
      throw new IOException("impossible section headers");
    }
    ByteBuffer names = sectionContent(slice(table + (long) namesIndex * size, SECTION_HEADER));
    for (int i = 0; i < count; i++) {
      ByteBuffer header = slice(table + (long) i * size, SECTION_HEADER);
      if (name.equals(string(names, header.getInt(0))) && header.getInt(4) != SHT_NOBITS) {
        ByteBuffer content = sectionContent(header);
        byte[] copy = new byte[content.remaining()];
        content.get(copy);
        return Optional.of(copy);
      }
    }
    return Optional.empty();
  }

  private ByteBuffer sectionContent(ByteBuffer header) throws IOException {
    return slice(header.getLong(24), header.getLong(32));
  }

  private static boolean hasPvhEntry(ByteBuffer notes) {
    int at = 0;
    while (at + 12 <= notes.limit()) {
      long nameLength = Integer.toUnsignedLong(notes.getInt(at));
      long length = Integer.toUnsignedLong(notes.getInt(at + 4));
      long content = at + 12 + roundUp(nameLength);
      long next = content + roundUp(length);
      if (next > notes.limit()) {
        return false;
      }
      if (notes.getInt(at + 8) == PVH_ENTRY_NOTE
          && nameLength == XEN.length
          && notes.slice(at + 12, XEN.length).equals(ByteBuffer.wrap(XEN))) {
        return true;
      }
      at = (int) next;
    }
    return false;
  }

  private static long roundUp(long length) {
    return (length + 3) / 4 * 4;
  }

  private static String string(ByteBuffer from, int start) throws IOException {
    int end = start;
    while (end >= 0 && end < from.limit() && from.get(end) != 0) {
      end++;
    }
    if (start < 0 || end >= from.limit()) {
      throw new IOException("a string that does not end");
    }
    byte[] text = new byte[end - start];
    from.get(start, text);
    return new String(text, US_ASCII);
  }

  private ByteBuffer slice(long offset, long length) throws IOException {
    if (offset < 0 || length < 0 || offset > bytes.limit() || length > bytes.limit() - offset) {
      throw new IOException("the file is truncated");
    }
    return bytes.slice((int) offset, (int) length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
