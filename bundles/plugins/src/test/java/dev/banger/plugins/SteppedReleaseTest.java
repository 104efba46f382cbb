// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SteppedReleaseTest {
  private final List<String> happened = new ArrayList<>();

  private ReleaseStep step(String name, String failure, String stuck) {
    return new ReleaseStep() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Optional<String> make() {
        happened.add("make " + name);
        return Optional.ofNullable(failure);
      }

      @Override
      public Optional<String> undo() {
        happened.add("undo " + name);
        if ("thrown".equals(stuck)) {
          throw new IllegalStateException(stuck);
        }
        return Optional.ofNullable(stuck);
      }
    };
  }

  private SteppedRelease.Outcome run(List<String> problems, ReleaseStep... steps) {
    return new SteppedRelease(List.of(steps), () -> problems, step -> {}).run();
  }

  @Test
  void makes_each_step_in_turn() {
    SteppedRelease.Outcome outcome =
        run(List.of(), step("a", null, null), step("b", null, null), step("c", null, null));
    assertThat(outcome).isEqualTo(SteppedRelease.Outcome.DONE);
    assertThat(happened).containsExactly("make a", "make b", "make c");
  }

  @Test
  void when_the_third_fails_those_before_it_return_in_reverse_order() {
    SteppedRelease.Outcome outcome =
        run(
            List.of(),
            step("a", null, null),
            step("b", null, null),
            step("c", "it does not start", null),
            step("d", null, null));
    assertThat(outcome.reason()).isEqualTo("c: it does not start");
    assertThat(outcome.broken()).isNull();
    assertThat(happened).containsExactly("make a", "make b", "make c", "undo b", "undo a");
  }

  @Test
  void a_whole_that_does_not_work_returns_as_well() {
    SteppedRelease.Outcome outcome =
        run(List.of("x waits"), step("a", null, null), step("b", null, null));
    assertThat(outcome.reason()).isEqualTo("x waits");
    assertThat(happened).containsExactly("make a", "make b", "undo b", "undo a");
  }

  @Test
  void a_whole_that_cannot_be_looked_at_returns_as_well() {
    SteppedRelease.Outcome outcome =
        new SteppedRelease(
                List.of(step("a", null, null)),
                () -> {
                  throw new IllegalStateException("a bundle is gone");
                },
                step -> {})
            .run();
    assertThat(outcome.reason()).contains("a bundle is gone");
    assertThat(happened).containsExactly("make a", "undo a");
  }

  @Test
  void returning_never_stops_at_a_failure() {
    SteppedRelease.Outcome outcome =
        run(
            List.of(),
            step("a", null, null),
            step("b", null, "thrown"),
            step("c", null, "stuck"),
            step("d", "bad", null));
    assertThat(outcome.reason()).isEqualTo("d: bad");
    assertThat(outcome.broken()).contains("c: stuck").contains("b: ").doesNotContain("a: ");
    assertThat(happened).endsWith("undo c", "undo b", "undo a");
  }

  @Test
  void bundles_come_after_those_whose_services_they_use_and_carriers_last() {
    assertThat(
            ExchangeOrder.names(
                List.of("dev.banger.shell", "a", "b", "dev.banger.runtime", "c"),
                Map.of(
                    "a", Set.of("c", "elsewhere"),
                    "c", Set.of("b", "dev.banger.runtime"),
                    "b", Set.of("a"))))
        .containsExactly("b", "c", "a", "dev.banger.runtime", "dev.banger.shell");
  }
}
