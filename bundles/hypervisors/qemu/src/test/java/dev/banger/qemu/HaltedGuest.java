// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A kernel that writes a word to its first serial port and halts: an ELF file with a PVH entry note
 * (Xen's XEN_ELFNOTE_PHYS32_ENTRY, 18), which is all that QEMU asks for.
 */
final class HaltedGuest {
  private static final int LOAD_ADDRESS = 0x100000;
  private static final int NOTE_OFFSET = 64 + 2 * 56;
  private static final int CODE_OFFSET = 0x100;

  /** What it writes. */
  static final String WORD = "halted";

  private HaltedGuest() {}

  static Path write(Path file) throws IOException {
    ByteBuffer elf = ByteBuffer.allocate(CODE_OFFSET + 64).order(ByteOrder.LITTLE_ENDIAN);
    elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
    elf.putShort((short) 2).putShort((short) 62).putInt(1);
    elf.putLong(LOAD_ADDRESS + CODE_OFFSET).putLong(64).putLong(0).putInt(0);
    elf.putShort((short) 64).putShort((short) 56).putShort((short) 2);
    elf.putShort((short) 0).putShort((short) 0).putShort((short) 0);
    program(elf, 1, 0, elf.capacity());
    program(elf, 4, NOTE_OFFSET, 4 + 4 + 4 + 4 + 8);
    elf.putInt(4).putInt(8).putInt(18).put("Xen\0".getBytes(StandardCharsets.US_ASCII));
    elf.putLong(LOAD_ADDRESS + CODE_OFFSET);
    // mov edx, 0x3f8, the port's address; mov al, character; out dx, al
    elf.position(CODE_OFFSET).put(new byte[] {(byte) 0xba, (byte) 0xf8, 3, 0, 0});
    for (byte character : WORD.getBytes(StandardCharsets.US_ASCII)) {
      elf.put(new byte[] {(byte) 0xb0, character, (byte) 0xee});
    }
    // cli; hlt; jump back to hlt
    elf.put(new byte[] {(byte) 0xfa, (byte) 0xf4, (byte) 0xeb, (byte) 0xfd});
    return Files.write(file, elf.array());
  }

  private static void program(ByteBuffer elf, int type, int offset, int size) {
    elf.putInt(type).putInt(5).putLong(offset);
    elf.putLong(LOAD_ADDRESS + offset).putLong(LOAD_ADDRESS + offset);
    elf.putLong(size).putLong(size).putLong(4);
  }
}
