// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import com.fasterxml.jackson.databind.JsonNode;
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

/** Makes and grows disks, with qemu-img or through a QEMU that has them. */
final class Disks {
  static final String PROGRAM = "qemu-img";
  private static final int SECTOR_BYTES = 512;

  private final HostCommands commands;

  Disks(HostCommands commands) {
    this.commands = commands;
  }

  /** Makes a layer over an image; nothing is left of one that fails. */
  Disk createRoot(Path image, Path target, long sizeBytes, Operation operation) {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new BangerException(ErrorCode.ALREADY_EXISTS, target + " is there already");
    }
    if (image.toFile().length() > sizeBytes) {
      throw refused("%d bytes are too few for the image %s", sizeBytes, image);
    }
    boolean made = false;
    try {
      String backing = image.toAbsolutePath().toString();
      String disk = target.toAbsolutePath().toString();
      List<String> words = List.of("create", "-q", "-f", "qcow2", "-F", "raw", "-b");
      run(operation, words, backing, disk, Long.toString(sizeBytes));
      made = true;
      return new Disk("root", target, Disk.Format.QCOW2, false);
    } finally {
      if (!made) {
        delete(target);
      }
    }
  }

  /** Grows a disk that no machine has. */
  void grow(Disk disk, long sizeBytes, Operation operation) {
    requireGrowable(disk, sizeBytes);
    if (!Files.exists(disk.path())) {
      throw new BangerException(ErrorCode.CORRUPT, "the disk " + disk.path() + " is missing");
    }
    // It refuses to shrink a disk, and one that another program has.
    List<String> words = List.of("resize", "-q", "-f", disk.format().label());
    run(operation, words, disk.path().toAbsolutePath().toString(), Long.toString(sizeBytes));
  }

  /** Grows a disk of a QEMU that runs. */
  static void grow(Disk disk, long sizeBytes, Monitor monitor) {
    JsonNode node = node(disk, monitor);
    requireGrowable(disk, sizeBytes);
    long before = node.path("image").path("virtual-size").asLong(Long.MAX_VALUE);
    if (sizeBytes < before) {
      throw refused("the disk %s cannot shrink to %d bytes", disk.path(), sizeBytes);
    }
    if (sizeBytes > before) {
      try {
        monitor.execute(
            "block_resize", Map.of("node-name", PcCommandLine.node(disk), "size", sizeBytes));
      } catch (BangerException e) {
        throw e.code() == ErrorCode.OPERATION_FAILED ? failure(e.getMessage()) : e;
      }
    }
  }

  private static JsonNode node(Disk disk, Monitor monitor) {
    for (JsonNode node : monitor.execute("query-named-block-nodes", Map.of("flat", true))) {
      if (node.path("node-name").asText().equals(PcCommandLine.node(disk))) {
        return node;
      }
    }
    throw new BangerException(
        ErrorCode.NOT_FOUND, "the machine has no disk '" + disk.serial() + "'");
  }

  private static void requireGrowable(Disk disk, long sizeBytes) {
    if (sizeBytes % SECTOR_BYTES != 0) {
      throw refused("%d bytes are no multiple of %d", sizeBytes, SECTOR_BYTES);
    }
    if (disk.readOnly()) {
      throw refused("the disk %s is read-only", disk.path());
    }
  }

  private void run(Operation operation, List<String> words, String... more) {
    List<String> argv = new ArrayList<>(List.of(PROGRAM));
    argv.addAll(words);
    argv.addAll(List.of(more));
    CommandResult result = commands.run(new HostCommand(argv, Map.of(), Path.of("/")), operation);
    if (!result.succeeded()) {
      throw failure(result.stderr().strip());
    }
  }

  /** What the tools said as an error. */
  private static BangerException failure(String words) {
    ErrorCode code = ErrorCode.OPERATION_FAILED;
    if (words.contains("No space left") || words.contains("Disk quota exceeded")) {
      code = ErrorCode.NO_SPACE;
    } else if (words.contains("--shrink")) {
      code = ErrorCode.BAD_REQUEST;
    } else if (words.contains("\" lock")) {
      code = ErrorCode.IN_USE;
    }
    return new BangerException(code, "the disk stays as it is: " + words);
  }

  private static BangerException refused(String format, Object... arguments) {
    return new BangerException(ErrorCode.BAD_REQUEST, format.formatted(arguments));
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, file + " cannot be removed: " + e, e);
    }
  }
}
