// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class RunningDisksTest {
  private static final String DONE = "{\"return\": {}}\n";
  private static final String NODES =
      "{\"return\": [{\"node-name\": \"#block1\", \"ro\": false,"
          + " \"image\": {\"virtual-size\": 1}},"
          + " {\"node-name\": \"disk-data\", \"ro\": false,"
          + " \"image\": {\"virtual-size\": 4096}}]}\n";
  private static final Disk DATA = new Disk("data", Path.of("/data"), Disk.Format.RAW, false);

  @TempDir Path home;

  @Test
  void the_node_of_the_serial_gets_the_size() throws IOException {
    try (FakeQmp server = FakeQmp.on(socket(), FakeQmp.GREETING, DONE, NODES, DONE)) {
      grow(DATA, 8192);

      assertThat(server.requests())
          .last()
          .isEqualTo(
              new ObjectMapper()
                  .readTree(
                      "{\"execute\": \"block_resize\","
                          + " \"arguments\": {\"node-name\": \"disk-data\", \"size\": 8192}}"));
    }
  }

  @Test
  void a_disk_of_that_size_is_left_alone() throws IOException {
    try (FakeQmp server = FakeQmp.on(socket(), FakeQmp.GREETING, DONE, NODES)) {
      grow(DATA, 4096);

      assertThat(server.requests()).hasSize(2);
    }
  }

  @ParameterizedTest
  @CsvSource({"data,2048,BAD_REQUEST", "data,8191,BAD_REQUEST", "other,8192,NOT_FOUND"})
  void what_cannot_be_is_refused_and_nothing_asked_of_qemu(String serial, long size, ErrorCode code)
      throws IOException {
    try (FakeQmp server = FakeQmp.on(socket(), FakeQmp.GREETING, DONE, NODES)) {
      assertFails(code, new Disk(serial, Path.of("/data"), Disk.Format.RAW, false), size);

      assertThat(server.requests()).hasSize(2);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Failed to grow the file: No space left on device,NO_SPACE",
    "Failed to get \\\"write\\\" lock,IN_USE",
    "Node 'disk-data' is busy: block device is in use,OPERATION_FAILED"
  })
  void qemus_refusal_is_told_with_its_words(String words, ErrorCode code) throws IOException {
    String error = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"%s\"}}\n";
    try (FakeQmp server =
        FakeQmp.on(socket(), FakeQmp.GREETING, DONE, NODES, error.formatted(words))) {
      assertFails(code, DATA, 8192).hasMessageContaining(words.replace("\\", ""));
    }
  }

  @Test
  void an_answer_that_names_no_size_grows_nothing() throws IOException {
    try (FakeQmp server =
        FakeQmp.on(
            socket(),
            FakeQmp.GREETING,
            DONE,
            "{\"return\": [{\"node-name\": \"disk-data\", \"ro\": false}]}\n")) {
      assertFails(ErrorCode.BAD_REQUEST, DATA, 8192);

      assertThat(server.requests()).hasSize(2);
    }
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertFails(
      ErrorCode code, Disk disk, long size) {
    return assertThatThrownBy(() -> grow(disk, size))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
  }

  private void grow(Disk disk, long size) {
    try (QmpClient qmp = QmpClient.connect(socket(), Operation.background())) {
      new RunningDisks(qmp).grow(disk, size);
    }
  }

  private Path socket() {
    return home.resolve("qmp");
  }
}
