// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.guest.TerminalSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScreenTest {
  private final List<String> painted = new ArrayList<>();
  private TerminalSize size = new TerminalSize(4, 6);
  private final Screen screen = new Screen(painted::add, () -> Optional.ofNullable(size));

  @Test
  void begins_on_a_clear_screen_and_paints_over_it_from_then_on() {
    screen.draw("a\nb\n");
    screen.draw("c\n");
    assertThat(painted)
        .containsExactly(
            "\u001b[H\u001b[2Ja\u001b[K\nb\u001b[K\n\u001b[J", "\u001b[Hc\u001b[K\n\u001b[J");
  }

  @Test
  void clears_again_when_the_terminal_has_another_size() {
    screen.draw("a\n");
    size = new TerminalSize(5, 6);
    screen.draw("a\n");
    assertThat(painted).allMatch(each -> each.contains("\u001b[2J"));
  }

  @Test
  void leaves_out_what_there_is_no_room_for() {
    screen.draw("12345\n123456\n1\n2\n3\n");
    assertThat(painted.get(0).replaceAll("\u001b\\[[0-9]*[A-Z]", ""))
        .isEqualTo("12345\n12345\n1\n");
  }

  @Test
  void takes_a_terminal_of_unknown_size_for_a_usual_one() {
    size = null;
    screen.draw("x".repeat(100));
    assertThat(painted.get(0)).contains("x".repeat(79)).doesNotContain("x".repeat(80));
  }
}
