// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.operation.ProgressEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DownloadWatchTest {
  @TempDir Path home;
  private final BlockingQueue<ProgressEvent> events = new LinkedBlockingQueue<>();

  @Test
  void growth_is_told_up_to_the_total_and_a_shrinking_file_is_not() throws InterruptedException {
    List<Long> sizes = List.of(0L, 10L, 10L, 5L, 20L, 500L);
    AtomicLong looks = new AtomicLong();
    try (DownloadWatch watch =
        new DownloadWatch(
            events::add,
            "download",
            "a package",
            () -> sizes.get((int) Math.min(looks.getAndIncrement(), sizes.size() - 1)),
            100)) {
      for (long expected : new long[] {10, 20, 100}) {
        assertThat(events.poll(10, TimeUnit.SECONDS))
            .isEqualTo(new ProgressEvent("download", "a package", expected, 100));
      }
    }
  }

  @Test
  void the_bytes_of_a_directory_are_those_of_its_files() throws IOException {
    Files.write(home.resolve("a.deb"), new byte[10]);
    Files.write(home.resolve("b.deb"), new byte[20]);
    Files.write(home.resolve("c"), new byte[40]);

    assertThat(DownloadWatch.bytesIn(home, "*")).isEqualTo(70);
    assertThat(DownloadWatch.bytesIn(home, "*.deb")).isEqualTo(30);
    assertThat(DownloadWatch.bytesIn(home.resolve("missing"), "*")).isZero();
  }
}
