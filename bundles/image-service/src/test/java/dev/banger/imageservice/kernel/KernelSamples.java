// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Small kernels and modules in the form of real ones. */
public final class KernelSamples {
  private static final int PVH_ENTRY = 18;

  private KernelSamples() {}

  /** An ELF kernel with a PVH entry and some content that can be compressed in part. */
  public static byte[] vmlinux() {
    return vmlinux(note("Xen", PVH_ENTRY));
  }

  static byte[] vmlinux(byte[] notes) {
    return vmlinux(notes, "");
  }

  /**
   * A kernel that says what it is.
   *
   * @param byCommandLine whether its command line can name the machine's devices
   */
  public static byte[] vmlinux(String release, boolean byCommandLine) {
    return vmlinux(
        note("Xen", PVH_ENTRY),
        "%s version %s\0Linux version "
            + release
            + " (someone@somewhere) (gcc) #1\0"
            + (byCommandLine ? "virtio_mmio.device\0" : "virtio_mmio.other\0"));
  }

  private static byte[] vmlinux(byte[] notes, String text) {
    byte[] code = new byte[100_000];
    new Random(1).nextBytes(code);
    System.arraycopy(code, 0, code, 50_000, 50_000);
    System.arraycopy(text.getBytes(US_ASCII), 0, code, 200, text.length());
    ByteBuffer file = elf(64 + 2 * 56 + notes.length + code.length);
    file.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 2);
    int content = 64 + 2 * 56;
    programHeader(file, 64, 4, content, notes.length);
    programHeader(file, 64 + 56, 1, content + notes.length, code.length);
    file.position(content);
    file.put(notes).put(code);
    return file.array();
  }

  static byte[] note(String name, int type) {
    int length = name.length() + 1;
    ByteBuffer note = little(12 + (length + 3) / 4 * 4 + 8);
    note.putInt(0, length).putInt(4, 8).putInt(8, type);
    note.position(12);
    note.put(name.getBytes(US_ASCII));
    return note.array();
  }

  /** A module that says what its name is and what it needs. */
  public static byte[] module(String name, String... needs) {
    return moduleOf("license=GPL\0depends=" + String.join(",", needs) + "\0name=" + name + "\0");
  }

  static byte[] moduleOf(String info) {
    byte[] names = "\0.modinfo\0.shstrtab\0".getBytes(US_ASCII);
    byte[] about = info.getBytes(US_ASCII);
    ByteBuffer file = elf(64 + 3 * 64 + names.length + about.length);
    file.putLong(40, 64).putShort(58, (short) 64).putShort(60, (short) 3).putShort(62, (short) 2);
    int content = 64 + 3 * 64;
    sectionHeader(file, 64 + 64, 1, 1, content + names.length, about.length);
    sectionHeader(file, 64 + 128, 10, 3, content, names.length);
    file.position(content);
    file.put(names).put(about);
    return file.array();
  }

  /** A bzImage with a payload that is compressed already. */
  public static byte[] bzImage(byte[] payload) {
    int start = 2 * 512 + 100;
    ByteBuffer image = little(start + payload.length + 300);
    image.put(0x1f1, (byte) 1);
    image.putShort(0x1fe, (short) 0xaa55);
    image.putInt(0x202, 0x53726448);
    image.putShort(0x206, (short) 0x020f);
    image.putInt(0x248, 100).putInt(0x24c, payload.length);
    image.position(start);
    image.put(payload);
    return image.array();
  }

  /** What a kernel's build appends to what it compressed. */
  public static byte[] withSize(byte[] compressed, int size) {
    return little(compressed.length + 4).put(compressed).putInt(size).array();
  }

  private static ByteBuffer elf(int size) {
    ByteBuffer file = little(size);
    file.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
    return file;
  }

  private static void programHeader(ByteBuffer file, int at, int type, long offset, long size) {
    file.putInt(at, type).putLong(at + 8, offset).putLong(at + 32, size);
  }

  private static void sectionHeader(
      ByteBuffer file, int at, int name, int type, long offset, long size) {
    file.putInt(at, name).putInt(at + 4, type).putLong(at + 24, offset).putLong(at + 32, size);
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
