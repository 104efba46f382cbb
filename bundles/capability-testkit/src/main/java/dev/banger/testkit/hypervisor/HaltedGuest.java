// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.hypervisor;

import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.PortForward;
import dev.banger.kernel.BootFiles;
import dev.banger.operation.Operation;
import dev.banger.vm.VmNetwork;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The smallest guest: a kernel that writes a word to its first serial port (of a PC: 0x3f8) and
 * halts. It is an ELF file with a PVH entry note (Xen's XEN_ELFNOTE_PHYS32_ENTRY, 18), as the
 * kernels of banger are. For use by any thread.
 */
public final class HaltedGuest {
  private static final int LOAD_ADDRESS = 0x100000;
  private static final int NOTE_OFFSET = 64 + 2 * 56;
  private static final int CODE_OFFSET = 0x100;

  /** What it writes. */
  public static final String WORD = "halted";

  private HaltedGuest() {}

  /**
   * A machine that boots it, as {@link HypervisorFixture#machine} is to give one: with 64 MiB, a
   * root disk of 4 MiB, and paths with quotes, commas and blanks.
   *
   * @param hypervisor makes the root disk
   * @param home an empty directory
   * @throws IOException when its files cannot be written
   */
  public static MachineConfig machine(Hypervisor hypervisor, Path home) throws IOException {
    Path files = Files.createDirectory(home.resolve("it's \"odd\", isn't=it: \\ %s"));
    Path kernel = write(files.resolve("halted.elf"));
    Path initramfs = Files.write(files.resolve("initramfs"), new byte[512]);
    Path image = Files.write(files.resolve("image.raw"), new byte[1 << 20]);
    Disk root =
        hypervisor.createRootDisk(
            image, files.resolve("root, disk"), 4 << 20, Operation.background());
    return new MachineConfig(
        "0123456789ab",
        "halted",
        1,
        64,
        new BootFiles(kernel, initramfs, true),
        List.of(),
        List.of(root),
        new VmNetwork("52:54:00:00:00:01", "10.0.2.15/24", "10.0.2.2", List.of(), "127.0.0.1", 0),
        List.of(new PortForward("127.0.0.1", freePort(), 22)),
        Files.createDirectory(files.resolve("run")),
        files.resolve("console.log"),
        4096);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /**
   * Writes the kernel.
   *
   * @param file the file to make
   * @return that file
   * @throws IOException when it cannot be written
   */
  public static Path write(Path file) throws IOException {
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
