// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.shell.FakeConsole;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final long MIB = 1L << 20;

  private final AtomicLong nanos = new AtomicLong();
  private final List<String> shown = new ArrayList<>();

  @Test
  void plain_lines_tell_each_stage_once_and_bytes_now_and_then() {
    PlainProgress progress = new PlainProgress(shown::add, nanos::get);
    progress.stage("reserve", "reserving a name");
    progress.stage("reserve", "reserving a name");
    for (int second = 0; second <= 12; second++) {
      nanos.set(second * 1_000_000_000L);
      progress.bytes("pull", "downloading", second * MIB, 16 * MIB);
    }
    progress.close();
    progress.stage("late", "too late");
    assertThat(shown)
        .containsExactly(
            "reserving a name",
            "downloading (16 MiB)",
            "downloading: 5 MiB of 16 MiB (31%)",
            "downloading: 10 MiB of 16 MiB (62%)");
  }

  @Test
  void a_terminal_shows_bytes_percent_and_rate_on_one_line() {
    TerminalProgress progress = new TerminalProgress(shown::add, 80, false, nanos::get);
    progress.bytes("pull", "downloading", 0, 40 * MIB);
    nanos.set(2_000_000_000L);
    progress.bytes("pull", "downloading", 10 * MIB, 40 * MIB);
    assertThat(shown)
        .containsExactly(
            "\r\u001b[Kdownloading  0 B / 40 MiB  0%",
            "\r\u001b[Kdownloading  10 MiB / 40 MiB  25%  5 MiB/s");
  }

  @Test
  void repaints_are_few() {
    TerminalProgress progress = new TerminalProgress(shown::add, 80, false, nanos::get);
    for (int i = 0; i < 1000; i++) {
      nanos.addAndGet(1_000_000);
      progress.bytes("pull", "downloading", i, -1);
    }
    assertThat(shown).hasSizeBetween(8, 12);
  }

  @Test
  void a_slow_stage_stays_as_a_line_and_a_quick_one_leaves_nothing() {
    TerminalProgress progress = new TerminalProgress(shown::add, 80, false, nanos::get);
    progress.stage("quick", "reserving");
    nanos.set(10_000_000);
    progress.stage("slow", "booting");
    nanos.set(2_510_000_000L);
    progress.stage("last", "waiting");
    progress.close();
    assertThat(shown)
        .containsExactly(
            "\r\u001b[Kreserving …",
            "\r\u001b[Kbooting …",
            "\r\u001b[Kbooting  2.5 s\n\r\u001b[Kwaiting …",
            "\r\u001b[K");
  }

  @Test
  void a_long_or_hostile_message_stays_on_its_line() {
    TerminalProgress progress = new TerminalProgress(shown::add, 30, false, nanos::get);
    progress.stage("x", "pulling \u001b[2J\n" + "y".repeat(100));
    assertThat(shown.get(0)).startsWith("\r\u001b[Kpulling ^[[2J^Jyyy").hasSize(4 + 29);
  }

  @Test
  void a_reader_that_went_away_does_not_break_the_operation() {
    Runnable gone =
        () -> {
          throw new IllegalStateException("gone");
        };
    new PlainProgress(line -> gone.run(), nanos::get).stage("a", "b");
    new TerminalProgress(line -> gone.run(), 80, false, nanos::get).stage("a", "b");
    assertThat(shown).isEmpty();
  }

  @Test
  void colours_and_live_lines_are_for_terminals_that_want_them() {
    FakeConsole console = new FakeConsole();
    new Output(console, null).progress().stage("a", "plain");
    assertThat(console.stderrText()).isEqualTo("plain\n");

    console = new FakeConsole().person();
    new Output(console, null).progress().stage("a", "live");
    assertThat(console.stderrText()).isEqualTo("\r\u001b[K\u001b[2mlive …\u001b[0m");

    console = new FakeConsole().person();
    console.environment.put("NO_COLOR", "1");
    new Output(console, null).progress().stage("a", "live");
    assertThat(console.stderrText()).isEqualTo("\r\u001b[Klive …");
    assertThat(console.stdoutText()).isEmpty();
  }
}
