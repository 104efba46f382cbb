// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import java.util.Map;

/** The disks of a QEMU that runs (QMP: query-named-block-nodes, block_resize). */
final class RunningDisks {
  private final QmpClient qmp;

  RunningDisks(QmpClient qmp) {
    this.qmp = qmp;
  }

  /**
   * Grows a disk.
   *
   * @throws BangerException NOT_FOUND, BAD_REQUEST, NO_SPACE, and what {@link QmpClient} throws
   */
  void grow(Disk disk, long sizeBytes) {
    JsonNode node = find(disk);
    Disk found =
        new Disk(disk.serial(), disk.path(), disk.format(), node.path("ro").asBoolean(true));
    long size = node.path("image").path("virtual-size").asLong(Long.MAX_VALUE);
    if (!DiskGrowth.of(found, size, sizeBytes).needed()) {
      return;
    }
    try {
      qmp.execute(
          "block_resize", Map.of("node-name", QemuCommandLine.node(disk), "size", sizeBytes));
    } catch (BangerException e) {
      throw e.code() == ErrorCode.OPERATION_FAILED ? DiskGrowth.failure(disk, e.getMessage()) : e;
    }
  }

  private JsonNode find(Disk disk) {
    String name = QemuCommandLine.node(disk);
    for (JsonNode node : qmp.execute("query-named-block-nodes", Map.of("flat", true))) {
      if (node.path("node-name").asText().equals(name)) {
        return node;
      }
    }
    throw new BangerException(
        ErrorCode.NOT_FOUND, "the machine has no disk \"%s\"".formatted(disk.serial()));
  }
}
