// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.hypervisor.Disk;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes and grows disks with qemu-img. */
final class QemuImg {
  static final String PROGRAM = "qemu-img";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HostCommands commands;

  QemuImg(HostCommands commands) {
    this.commands = commands;
  }

  /** Makes a qcow2 layer over a raw image. No file is left when it fails. */
  void createOverlay(Path image, Path target, long sizeBytes, Operation operation) {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new BangerException(
          ErrorCode.ALREADY_EXISTS, "the disk %s is there already".formatted(target));
    }
    requireRoomFor(image, sizeBytes);
    boolean made = false;
    try {
      CommandResult result =
          commands.run(
              HostCommand.of(
                  PROGRAM,
                  "create",
                  "-q",
                  "-f",
                  "qcow2",
                  "-F",
                  "raw",
                  "-b",
                  image.toAbsolutePath().toString(),
                  target.toAbsolutePath().toString(),
                  Long.toString(sizeBytes)),
              operation);
      if (!result.succeeded()) {
        throw failure(target, result.stderr().strip());
      }
      made = true;
    } finally {
      if (!made) {
        deleteIfExists(target);
      }
    }
  }

  /** Grows a disk that no VMM has: qemu-img itself refuses one that is locked. */
  void grow(Disk disk, long sizeBytes, Operation operation) {
    operation.check();
    if (!Files.exists(disk.path())) {
      throw new BangerException(
          ErrorCode.CORRUPT, "the disk %s is missing: put it back".formatted(disk.path()));
    }
    if (!DiskGrowth.of(disk, size(disk, operation), sizeBytes).needed()) {
      return;
    }
    run(
        disk,
        operation,
        "resize",
        "-q",
        "-f",
        disk.format().label(),
        disk.path().toAbsolutePath().toString(),
        Long.toString(sizeBytes));
  }

  private long size(Disk disk, Operation operation) {
    String answer =
        run(
            disk,
            operation,
            "info",
            "--output=json",
            "-f",
            disk.format().label(),
            disk.path().toAbsolutePath().toString());
    try {
      JsonNode size = JSON.readTree(answer).path("virtual-size");
      if (size.canConvertToLong() && size.isIntegralNumber()) {
        return size.longValue();
      }
    } catch (JsonProcessingException e) {
      // Told below.
    }
    throw new BangerException(
        ErrorCode.OPERATION_FAILED, "qemu-img does not tell the size of " + disk.path());
  }

  private String run(Disk disk, Operation operation, String... words) {
    List<String> argv = new ArrayList<>(List.of(PROGRAM));
    argv.addAll(List.of(words));
    CommandResult result = commands.run(new HostCommand(argv, Map.of(), Path.of("/")), operation);
    if (!result.succeeded()) {
      throw DiskGrowth.failure(disk, result.stderr().strip());
    }
    return result.stdout();
  }

  private static void requireRoomFor(Path image, long sizeBytes) {
    long needed;
    try {
      needed = Files.size(image);
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the image %s cannot be read: pull it again".formatted(image),
          e);
    }
    if (sizeBytes < needed) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "a disk of %d bytes is smaller than its image %s, which has %d"
              .formatted(sizeBytes, image, needed));
    }
  }

  private static BangerException failure(Path target, String words) {
    boolean full = words.contains("No space left") || words.contains("Disk quota exceeded");
    return new BangerException(
        full ? ErrorCode.NO_SPACE : ErrorCode.OPERATION_FAILED,
        "the disk %s cannot be made: %s".formatted(target, words));
  }

  private static void deleteIfExists(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "%s cannot be removed: %s".formatted(file, e.getMessage()),
          e);
    }
  }
}
