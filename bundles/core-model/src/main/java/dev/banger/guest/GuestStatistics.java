// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.guest;

import java.time.Duration;
import java.util.List;

/**
 * What a guest says of itself at one moment. A guest can lie.
 *
 * @param uptime the time since its boot
 * @param memoryTotalBytes its memory
 * @param memoryAvailableBytes what of it programs can still get without swapping
 * @param load the load average of the last minute
 * @param processes how many processes it has
 * @param processorTime the time of all its processors together since its boot
 * @param idleTime what of that they were idle
 * @param fileSystems the root, then the {@linkplain Mount further disks} that are still mounted
 */
public record GuestStatistics(
    Duration uptime,
    long memoryTotalBytes,
    long memoryAvailableBytes,
    double load,
    long processes,
    Duration processorTime,
    Duration idleTime,
    List<FileSystem> fileSystems) {
  public GuestStatistics {
    fileSystems = List.copyOf(fileSystems);
  }

  /**
   * A mounted file system.
   *
   * @param path where it is mounted
   * @param totalBytes its size
   * @param freeBytes what is free in it for root
   */
  public record FileSystem(String path, long totalBytes, long freeBytes) {}
}
