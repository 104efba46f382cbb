// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestStatistics;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What an agent answers to STATISTICS. */
final class GuestStatisticsReply {
  /** The root and as many mounts as a configuration disk can have; more is not believed. */
  private static final int MOST_FILE_SYSTEMS = 1 + ConfigurationDisk.MOST_MOUNTS;

  private static final int SIZES_BYTES = 2 * Long.BYTES;
  private static final double THOUSANDTHS = 1000;

  private final List<AgentFields.Field> fields;

  private GuestStatisticsReply(List<AgentFields.Field> fields) {
    this.fields = fields;
  }

  /**
   * @throws BangerException OPERATION_FAILED when something is missing or impossible; file systems
   *     that are impossible are left out
   */
  static GuestStatistics parse(byte[] payload) {
    return new GuestStatisticsReply(AgentFields.parse(payload, 0)).statistics();
  }

  private GuestStatistics statistics() {
    ByteBuffer memory = field(AgentProtocol.FIELD_MEMORY, 2 * Long.BYTES);
    ByteBuffer time = field(AgentProtocol.FIELD_PROCESSOR_TIME, 2 * Long.BYTES);
    return new GuestStatistics(
        Duration.ofMillis(
            positive(field(AgentProtocol.FIELD_UPTIME, Long.BYTES), AgentProtocol.FIELD_UPTIME)),
        positive(memory, AgentProtocol.FIELD_MEMORY),
        positive(memory, AgentProtocol.FIELD_MEMORY),
        number(AgentProtocol.FIELD_LOAD) / THOUSANDTHS,
        number(AgentProtocol.FIELD_PROCESSES),
        Duration.ofNanos(positive(time, AgentProtocol.FIELD_PROCESSOR_TIME)),
        Duration.ofNanos(positive(time, AgentProtocol.FIELD_PROCESSOR_TIME)),
        fields.stream()
            .filter(field -> field.tag() == AgentProtocol.FIELD_FILE_SYSTEM)
            .flatMap(field -> fileSystem(field).stream())
            .limit(MOST_FILE_SYSTEMS)
            .toList());
  }

  private ByteBuffer field(int tag, int length) {
    return fields.stream()
        .filter(field -> field.tag() == tag && field.value().length == length)
        .findFirst()
        .map(field -> ByteBuffer.wrap(field.value()))
        .orElseThrow(() -> impossible(tag));
  }

  private long number(int tag) {
    return Integer.toUnsignedLong(field(tag, Integer.BYTES).getInt());
  }

  private static long positive(ByteBuffer value, int tag) {
    long number = value.getLong();
    if (number < 0) {
      throw impossible(tag);
    }
    return number;
  }

  private static Optional<GuestStatistics.FileSystem> fileSystem(AgentFields.Field field) {
    if (field.value().length <= SIZES_BYTES) {
      return Optional.empty();
    }
    ByteBuffer sizes = ByteBuffer.wrap(field.value());
    long total = sizes.getLong();
    long free = sizes.getLong();
    byte[] path = Arrays.copyOfRange(field.value(), SIZES_BYTES, field.value().length);
    if (free < 0 || free > total || path[0] != '/') {
      return Optional.empty();
    }
    return Optional.of(
        new GuestStatistics.FileSystem(
            new AgentFields.Field(field.tag(), path).text(), total, free));
  }

  private static BangerException impossible(int tag) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the guest's agent tells its statistics in part only (field %d of docs/guest-agent.md)"
            .formatted(tag));
  }
}
