// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.configuration.ConfigurationProblem;
import dev.banger.configuration.ConfigurationRules;
import dev.banger.configuration.Setting.Source;
import dev.banger.settings.Resolution.Chosen;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResolutionTest {
  static final Definition DEFINITION =
      new Definition(
          "dev.banger.example",
          List.of(
              number("first", "10"),
              number("last", "20"),
              new Attribute(
                  "mode",
                  Attribute.Type.STRING,
                  "auto",
                  List.of("auto", "manual"),
                  "how",
                  value -> true,
                  false),
              new Attribute(
                  "names", Attribute.Type.STRING, "", List.of(), "who", value -> true, true)));

  static final ConfigurationRules ORDER =
      new ConfigurationRules() {
        @Override
        public String pid() {
          return DEFINITION.pid();
        }

        @Override
        public List<Objection> check(Map<String, String> values) {
          return Integer.parseInt(values.get("first")) <= Integer.parseInt(values.get("last"))
              ? List.of()
              : List.of(new Objection(List.of("first", "last"), "the last comes first"));
        }
      };

  private static Attribute number(String key, String byDefault) {
    return new Attribute(
        key,
        Attribute.Type.INTEGER,
        byDefault,
        List.of(),
        "0 to 100",
        value -> Integer.parseInt(value) <= 100,
        false);
  }

  private static Layer user(Map<String, String> values) {
    return new Layer(Source.USER_FILE, Path.of("/user.cfg"), values);
  }

  private static Layer installation(Map<String, String> values) {
    return new Layer(Source.INSTALLATION_FILE, Path.of("/installation.cfg"), values);
  }

  private static Resolution resolve(Map<String, Chosen> before, Layer... layers) {
    return Resolution.of(DEFINITION, List.of(layers), List.of(ORDER), before);
  }

  @Test
  void takes_each_key_from_the_first_layer_that_has_it() {
    Resolution resolution =
        resolve(
            Map.of(),
            user(Map.of("first", "11")),
            installation(Map.of("first", "12", "last", "13")));
    assertThat(resolution.values())
        .isEqualTo(Map.of("first", "11", "last", "13", "mode", "auto", "names", ""));
    assertThat(resolution.chosen().values())
        .extracting(each -> each.origin().source())
        .containsExactly(
            Source.USER_FILE, Source.INSTALLATION_FILE, Source.BUILT_IN, Source.BUILT_IN);
    assertThat(resolution.problems()).isEmpty();
  }

  @Test
  void a_wrong_value_leaves_in_force_what_was() {
    Resolution good = resolve(Map.of(), user(Map.of("first", "11")));
    for (String wrong : List.of("eleven", "101", "", "1e3", "99999999999")) {
      Resolution resolution = resolve(good.chosen(), user(Map.of("first", wrong)));
      assertThat(resolution.values()).containsEntry("first", "11");
      assertThat(resolution.problems())
          .singleElement()
          .satisfies(
              each -> assertThat(each.message()).contains(wrong).endsWith("'11' is in force"));
    }
  }

  @Test
  void a_wrong_value_gives_way_to_the_next_layer_when_nothing_was_in_force() {
    Resolution resolution =
        resolve(
            Map.of(),
            user(Map.of("first", "x", "mode", "Manual")),
            installation(Map.of("first", "12")));
    assertThat(resolution.values()).containsEntry("first", "12").containsEntry("mode", "auto");
    assertThat(resolution.problems())
        .extracting(ConfigurationProblem::key)
        .containsExactly("first", "mode");
  }

  @Test
  void a_wrong_value_below_the_one_in_force_is_told_and_changes_nothing() {
    Resolution resolution =
        resolve(Map.of(), user(Map.of("first", "11")), installation(Map.of("first", "x")));
    assertThat(resolution.values()).containsEntry("first", "11");
    assertThat(resolution.problems())
        .extracting(ConfigurationProblem::file)
        .containsExactly(Path.of("/installation.cfg"));
  }

  @Test
  void values_that_do_not_go_together_leave_in_force_what_was() {
    Resolution good = resolve(Map.of(), user(Map.of("first", "15")));
    Resolution resolution = resolve(good.chosen(), user(Map.of("first", "30")));
    assertThat(resolution.values()).containsEntry("first", "15").containsEntry("last", "20");
    assertThat(resolution.problems())
        .singleElement()
        .satisfies(each -> assertThat(each.message()).startsWith("the last comes first"));
    assertThat(resolve(Map.of(), user(Map.of("first", "30"))).values())
        .containsEntry("first", "10");
    assertThat(resolve(Map.of(), user(Map.of("first", "30", "last", "40"))).problems()).isEmpty();
  }

  @Test
  void tells_unknown_keys_with_the_one_that_was_meant() {
    assertThat(resolve(Map.of(), user(Map.of("frist", "1", "colour", "red"))).problems())
        .extracting(ConfigurationProblem::message)
        .containsExactly("there is no such key", "there is no such key; did you mean first?");
  }
}
