// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableTest {
  @Test
  void aligns_columns_two_blanks_apart_and_ends_lines_without_any() {
    assertThat(new Table("A", "LONG", "C").row("wide cell", 1, "x").row(null, "", "y").text())
        .isEqualTo("A          LONG  C\nwide cell  1     x\n-          -     y\n");
  }

  @Test
  void no_cell_can_break_its_line_or_move_the_cursor() {
    assertThat(new Table("A").row("x\n\u001b[2Jy\u202e").text()).isEqualTo("A\nx^J^[[2Jy\\u202e\n");
  }

  @Test
  void details_leave_out_what_is_not_known() {
    assertThat(new Details().add("id", 1).add("gone", null).add("longer", "x").text())
        .isEqualTo("id:      1\nlonger:  x\n");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 seconds ago",
    "1, 1 second ago",
    "119, 1 minute ago",
    "7200, 2 hours ago",
    "172800, 2 days ago",
    "-5, 0 seconds ago"
  })
  void ages_are_rounded_down(long seconds, String text) {
    Instant now = Instant.parse("2026-01-02T03:04:05Z");
    assertThat(Ages.ago(now.minusSeconds(seconds), now)).isEqualTo(text);
  }
}
