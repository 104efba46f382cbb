// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * An image and a kernel that are enough for records of machines, which never boot: imported in a
 * moment, without a network.
 */
final class TinyImage {
  static final String NAME = "tiny";
  private static final String KERNEL = "stub";

  /** Where a VMM enters a kernel: XEN_ELFNOTE_PHYS32_ENTRY (xen/interface/elfnote.h of Linux). */
  private static final int PHYS32_ENTRY = 18;

  private TinyImage() {}

  /**
   * Imports both.
   *
   * @param banger who imports them
   * @param directory for the files
   */
  static void importInto(Installation banger, Path directory) throws IOException {
    Path vmlinux = Files.write(directory.resolve("vmlinux"), kernel());
    banger.succeed("kernel", "import", KERNEL, "--vmlinuz", vmlinux.toString());
    banger.succeed(
        "image", "import", archive(directory).toString(), "--name", NAME, "--kernel", KERNEL);
  }

  private static Path archive(Path directory) throws IOException {
    Path tree = Files.createDirectory(directory.resolve("tree"));
    for (String place : List.of("bin", "dev", "etc", "proc", "root", "run", "sys", "tmp")) {
      Files.createDirectory(tree.resolve(place));
    }
    Path archive = directory.resolve("tiny.tar");
    Outcome tar =
        Running.start(
                List.of("tar", "-C", tree.toString(), "-cf", archive.toString(), "."), directory)
            .await(Duration.ofMinutes(1));
    assertThat(tar.status()).as("%s", tar).isZero();
    return archive;
  }

  /** An ELF file with an entry note, a segment and the banner that tells a kernel's release. */
  private static byte[] kernel() {
    byte[] code =
        "%s version %s\0Linux version 6.1.0-stub (nobody@nowhere) (none) #1\0"
            .getBytes(StandardCharsets.US_ASCII);
    int headers = 64 + 2 * 56;
    int noteSize = 12 + 4 + 8;
    ByteBuffer file =
        ByteBuffer.allocate(headers + noteSize + code.length).order(ByteOrder.LITTLE_ENDIAN);
    file.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
    file.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 2);
    programHeader(file, 64, 4, headers, noteSize);
    programHeader(file, 64 + 56, 1, headers + noteSize, code.length);
    file.position(headers);
    file.putInt(4).putInt(8).putInt(PHYS32_ENTRY);
    file.put("Xen\0".getBytes(StandardCharsets.US_ASCII)).putLong(0);
    file.put(code);
    return file.array();
  }

  private static void programHeader(ByteBuffer file, int at, int type, long offset, long size) {
    file.putInt(at, type).putLong(at + 8, offset).putLong(at + 32, size);
  }
}
