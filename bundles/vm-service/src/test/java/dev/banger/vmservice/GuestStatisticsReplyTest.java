// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestStatistics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestStatisticsReplyTest {
  @Test
  void every_field_has_its_meaning() {
    byte[] payload =
        new AgentFields()
            .add(99, "of a later version")
            .add(AgentProtocol.FIELD_FILE_SYSTEM, fileSystem(1000, 400, "/"))
            .add(AgentProtocol.FIELD_UPTIME, numbers(61_500))
            .add(AgentProtocol.FIELD_MEMORY, numbers(1 << 30, 1 << 20))
            .add(AgentProtocol.FIELD_LOAD, number(1250))
            .add(AgentProtocol.FIELD_PROCESSES, number(-1))
            .add(AgentProtocol.FIELD_PROCESSOR_TIME, numbers(5_000_000_000L, 4_000_000_000L))
            .add(AgentProtocol.FIELD_FILE_SYSTEM, fileSystem(0, 0, "/root"))
            .payload();

    assertThat(GuestStatisticsReply.parse(payload))
        .isEqualTo(
            new GuestStatistics(
                Duration.ofMillis(61_500),
                1 << 30,
                1 << 20,
                1.25,
                4_294_967_295L,
                Duration.ofSeconds(5),
                Duration.ofSeconds(4),
                List.of(
                    new GuestStatistics.FileSystem("/", 1000, 400),
                    new GuestStatistics.FileSystem("/root", 0, 0))));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        AgentProtocol.FIELD_UPTIME,
        AgentProtocol.FIELD_MEMORY,
        AgentProtocol.FIELD_LOAD,
        AgentProtocol.FIELD_PROCESSES,
        AgentProtocol.FIELD_PROCESSOR_TIME
      })
  void what_is_missing_or_of_another_size_is_an_error(int tag) {
    assertThat(GuestStatisticsReply.parse(without(0).payload()).fileSystems()).isEmpty();
    assertFails(without(tag));
    assertFails(without(tag).add(tag, new byte[3]));
  }

  @Test
  void numbers_that_no_guest_has_are_an_error() {
    assertFails(without(AgentProtocol.FIELD_UPTIME).add(AgentProtocol.FIELD_UPTIME, numbers(-1)));
    assertFails(
        without(AgentProtocol.FIELD_MEMORY).add(AgentProtocol.FIELD_MEMORY, numbers(1, -1)));
  }

  @Test
  void file_systems_that_make_no_sense_are_left_out_and_their_number_is_bounded() {
    AgentFields fields =
        without(0)
            .add(AgentProtocol.FIELD_FILE_SYSTEM, new byte[16])
            .add(AgentProtocol.FIELD_FILE_SYSTEM, fileSystem(-1, -2, "/negative"))
            .add(AgentProtocol.FIELD_FILE_SYSTEM, fileSystem(1, 2, "/more-free-than-there-is"))
            .add(AgentProtocol.FIELD_FILE_SYSTEM, fileSystem(2, 1, "relative"))
            .add(AgentProtocol.FIELD_FILE_SYSTEM, fileSystem(2, 1, "/a\u001b[2Jb"));
    assertThat(GuestStatisticsReply.parse(fields.payload()).fileSystems())
        .containsExactly(new GuestStatistics.FileSystem("/a[2Jb", 2, 1));

    IntStream.range(0, 100)
        .forEach(i -> fields.add(AgentProtocol.FIELD_FILE_SYSTEM, fileSystem(2, 1, "/" + i)));
    assertThat(GuestStatisticsReply.parse(fields.payload()).fileSystems()).hasSize(17);
  }

  @Property(tries = 500)
  void any_bytes_are_statistics_or_an_error(@ForAll @Size(max = 300) byte[] bytes) {
    Throwable outcome = catchThrowable(() -> GuestStatisticsReply.parse(bytes));
    assertThat(outcome).isInstanceOf(BangerException.class);
    byte[] fields = without(0).payload();
    byte[] both = new byte[fields.length + bytes.length];
    System.arraycopy(fields, 0, both, 0, fields.length);
    System.arraycopy(bytes, 0, both, fields.length, bytes.length);
    assertThat(GuestStatisticsReply.parse(both).uptime()).isEqualTo(Duration.ofMillis(1));
  }

  private static void assertFails(AgentFields fields) {
    assertThatThrownBy(() -> GuestStatisticsReply.parse(fields.payload()))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OPERATION_FAILED));
  }

  /** What a guest must tell, but for one field. */
  private static AgentFields without(int tag) {
    AgentFields fields = new AgentFields();
    if (tag != AgentProtocol.FIELD_UPTIME) {
      fields.add(AgentProtocol.FIELD_UPTIME, numbers(1));
    }
    if (tag != AgentProtocol.FIELD_MEMORY) {
      fields.add(AgentProtocol.FIELD_MEMORY, numbers(2, 1));
    }
    if (tag != AgentProtocol.FIELD_LOAD) {
      fields.add(AgentProtocol.FIELD_LOAD, number(0));
    }
    if (tag != AgentProtocol.FIELD_PROCESSES) {
      fields.add(AgentProtocol.FIELD_PROCESSES, number(1));
    }
    if (tag != AgentProtocol.FIELD_PROCESSOR_TIME) {
      fields.add(AgentProtocol.FIELD_PROCESSOR_TIME, numbers(2, 1));
    }
    return fields;
  }

  private static byte[] numbers(long... numbers) {
    ByteBuffer value = ByteBuffer.allocate(numbers.length * Long.BYTES);
    for (long number : numbers) {
      value.putLong(number);
    }
    return value.array();
  }

  private static byte[] number(int number) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
  }

  private static byte[] fileSystem(long total, long free, String path) {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(2 * Long.BYTES + name.length)
        .putLong(total)
        .putLong(free)
        .put(name)
        .array();
  }
}
