// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.hypervisor.MachineStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessUsageTest {
  private static final String STAT =
      "77 (qemu) S 1 77 77 0 -1 4194560 1 2 3 4 250 31 7 8 20 0 9 0 424242 1000 200 0\n";
  private static final String STATUS = "Name:\tqemu\nVmHWM:\t  9999 kB\nVmRSS:\t   12345 kB\n";
  private static final String IO = "rchar: 1\nread_bytes: 4096\nwrite_bytes: 8192\n";
  private static final ProcessIdentity QEMU = new ProcessIdentity(77, 424242, "boot-1");

  @TempDir Path proc;
  private Path directory;
  private ProcessUsage usage;

  @BeforeEach
  void prepare() throws IOException {
    Path boot = Files.createDirectories(proc.resolve("sys/kernel/random")).resolve("boot_id");
    Files.writeString(boot, "boot-1\n");
    directory = Files.createDirectory(proc.resolve("77"));
    Files.writeString(directory.resolve("stat"), STAT);
    Files.writeString(directory.resolve("status"), STATUS);
    Files.writeString(directory.resolve("io"), IO);
    usage = new ProcessUsage(new ProcessTable(proc));
  }

  @Test
  void time_memory_storage_and_threads_are_read() {
    assertThat(usage.of(QEMU))
        .contains(new MachineStatistics(Duration.ofMillis(2810), 12345 * 1024, 4096, 8192, 9));
  }

  @Test
  void what_may_not_be_read_is_unknown() throws IOException {
    Files.delete(directory.resolve("io"));
    Files.writeString(directory.resolve("status"), "Name:\tqemu\n");

    assertThat(usage.of(QEMU))
        .contains(new MachineStatistics(Duration.ofMillis(2810), -1, -1, -1, 9));
  }

  @Test
  void another_process_with_that_id_is_not_taken_for_it() {
    assertThat(usage.of(new ProcessIdentity(77, 424243, "boot-1"))).isEmpty();
    assertThat(usage.of(new ProcessIdentity(77, 424242, "boot-2"))).isEmpty();
    assertThat(usage.of(new ProcessIdentity(78, 424242, "boot-1"))).isEmpty();
    assertThat(usage.of(QEMU)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "77 (qemu) S 1 2",
        "77 (qemu) S 1 77 77 0 -1 4194560 1 2 3 4 x 31 7 8 20 0 9 0 424242 1000 200 0",
        "77 (qemu) S 1 77 77 0 -1 4194560 1 2 3 4 9223372036854775807 1 7 8 20 0 9 0 424242 1 2 0",
        "77 (qemu) Z 1 77 77 0 -1 4194560 1 2 3 4 250 31 7 8 20 0 9 0 424242 1000 200 0"
      })
  void a_status_that_cannot_be_read_tells_nothing(String stat) throws IOException {
    Files.writeString(directory.resolve("stat"), stat);

    assertThat(usage.of(QEMU)).isEmpty();
  }
}
