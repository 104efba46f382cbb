// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmNamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "web", "web-2", "0", "a--b", "123456789012345678901234567890"})
  void accepts_labels(String name) {
    assertThatCode(() -> VmNames.check(name)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", "a-", "A", "a_b", "a.b", "a b", "ä", "a\nb", "a/b", ".."})
  void refuses_what_is_no_label(String name) {
    assertThatThrownBy(() -> VmNames.check(name)).isInstanceOf(BangerException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0123456789ab", "deadbeefcafe", "202612011445"})
  void refuses_what_could_be_taken_for_an_id(String name) {
    assertThatThrownBy(() -> VmNames.check(name))
        .hasMessageContaining("form of an id")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.BAD_REQUEST);
    assertThatCode(() -> VmNames.check(name + "0")).doesNotThrowAnyException();
    assertThatCode(() -> VmNames.check(name.substring(1))).doesNotThrowAnyException();
    assertThatCode(() -> VmNames.check("g" + name.substring(1))).doesNotThrowAnyException();
  }

  @Test
  void sixty_three_characters_are_the_most() {
    assertThatCode(() -> VmNames.check("a".repeat(63))).doesNotThrowAnyException();
    assertThatThrownBy(() -> VmNames.check("a".repeat(64))).hasMessageContaining("max is 63");
  }

  @Property(tries = 500)
  void what_is_accepted_is_a_label_and_what_is_refused_is_shown_on_one_line(@ForAll String name) {
    try {
      VmNames.check(name);
      assertThat(name).matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    } catch (BangerException e) {
      assertThat(e.getMessage().chars().anyMatch(Character::isISOControl)).isFalse();
    }
  }

  @Test
  void generates_names_that_are_free_until_the_words_run_out_and_beyond() {
    Set<String> taken = new HashSet<>();
    Random random = new Random(1);
    for (int i = 0; i < 4000; i++) {
      String name = VmNames.generate(taken, random);
      VmNames.check(name);
      assertThat(taken.add(name)).isTrue();
    }
  }
}
