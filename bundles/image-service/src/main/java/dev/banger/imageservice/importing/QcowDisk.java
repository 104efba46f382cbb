// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.imageservice.oci.Document;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A qcow2 disk, which qemu-img unpacks. Such a file can name others that it wants to be read; one
 * that does is refused by its header, before any program opens it, and again by what qemu-img sees
 * in it. Header: QEMU's docs/interop/qcow2.txt.
 */
final class QcowDisk {
  static final int MAGIC = 0x514649fb;
  private static final int HEADER = 104;
  private static final int HEADER_2 = 72;
  private static final int BACKING_FILE = 8;
  private static final int SIZE = 24;
  private static final int ENCRYPTION = 32;
  private static final int INCOMPATIBLE = 72;
  // Dirty (0), compression type (3) and extended L2 entries (4) name no other file.
  private static final long HARMLESS = 0b11001;

  private final Path file;
  private final HostCommands commands;
  private final Refusal refusal;

  QcowDisk(Path file, HostCommands commands) {
    this.file = file;
    this.commands = commands;
    this.refusal = new Refusal(file);
  }

  /**
   * Writes the disk as plain bytes.
   *
   * @param raw where nothing is yet
   * @param largest how many bytes the disk may have
   * @throws BangerException BAD_REQUEST when it needs other files or is encrypted; HOST_UNFIT
   *     without qemu-img; CORRUPT, OPERATION_FAILED, NO_SPACE; CANCELLED
   * @throws IOException when it cannot be read
   */
  void unpack(Path raw, long largest, Operation operation) throws IOException {
    requireAlone(largest);
    requireAloneFor(
        qemuImg(operation, "info", "--output=json", "-f", "qcow2", file.toString()).stdout());
    operation.progress().stage("image_convert", "unpacking the qcow2 disk");
    qemuImg(operation, "convert", "-f", "qcow2", "-O", "raw", file.toString(), raw.toString());
  }

  private void requireAlone(long largest) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    try (FileChannel channel = FileChannel.open(file)) {
      while (header.hasRemaining() && channel.read(header, header.position()) > 0) {}
    }
    if (header.position() < HEADER_2) {
      throw refusal.damaged("its header ends early", null);
    }
    int version = header.getInt(4);
    if (version != 2 && version != 3) {
      throw refusal.unfit("it is a qcow disk of version " + version);
    }
    if (header.getLong(BACKING_FILE) != 0) {
      throw backed();
    }
    if (header.getInt(ENCRYPTION) != 0) {
      throw refusal.unfit("it is encrypted");
    }
    if (version == 3 && (header.getLong(INCOMPATIBLE) & ~HARMLESS) != 0) {
      throw refusal.unfit("it is damaged, has its data in another file, or needs a newer QEMU");
    }
    long size = header.getLong(SIZE);
    if (size < 0 || size > largest) {
      throw refusal.of(
          ErrorCode.OPERATION_FAILED,
          "its disk has %s bytes; if you trust it, raise largestContent in dev.banger.image.cfg"
              .formatted(Long.toUnsignedString(size)),
          null);
    }
  }

  private void requireAloneFor(String json) {
    Document info =
        Document.parse(json.getBytes(StandardCharsets.UTF_8), "what qemu-img says of " + file);
    if (info.has("backing-filename") || info.has("full-backing-filename")) {
      throw backed();
    }
    if (info.object("format-specific").object("data").has("data-file")) {
      throw refusal.unfit("it has its data in another file");
    }
  }

  private BangerException backed() {
    return refusal.unfit(
        "it is only what differs from another disk; make one whole with \"qemu-img convert\" first");
  }

  private CommandResult qemuImg(Operation operation, String... arguments) {
    String[] argv = new String[arguments.length + 1];
    argv[0] = "qemu-img";
    System.arraycopy(arguments, 0, argv, 1, arguments.length);
    CommandResult result = commands.run(HostCommand.of(argv), operation);
    if (result.succeeded()) {
      return result;
    }
    String words = Refusal.plain(result.stderr().strip());
    throw StorageFailure.saysFull(words)
        ? refusal.of(ErrorCode.NO_SPACE, "no space is left to unpack it; free some", null)
        : refusal.of(ErrorCode.OPERATION_FAILED, "qemu-img: " + words, null);
  }
}
