// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What files take on their disks, which Java does not tell of files with holes. */
public final class DiskUsage {
  /** How many blocks, and of how many bytes each: stat(1)'s {@code %b} and {@code %B}. */
  private static final Pattern BLOCKS = Pattern.compile("([0-9]{1,15}) ([0-9]{1,6})\\s*");

  private DiskUsage() {}

  /**
   * The bytes that a file takes. Only right when nobody has it open for writing, since file systems
   * reserve space ahead of writers.
   *
   * @throws BangerException HOST_UNFIT when the host has no stat; OPERATION_FAILED when it cannot
   *     tell; CANCELLED
   */
  public static long of(Path file, HostCommands commands, Operation operation) {
    CommandResult result =
        commands.run(HostCommand.of("stat", "-c", "%b %B", file.toString()), operation);
    Matcher blocks = BLOCKS.matcher(result.stdout());
    if (!result.succeeded() || !blocks.matches()) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "cannot see what " + file + " takes on the disk: " + result.stderr().strip());
    }
    return Long.parseLong(blocks.group(1)) * Long.parseLong(blocks.group(2));
  }
}
