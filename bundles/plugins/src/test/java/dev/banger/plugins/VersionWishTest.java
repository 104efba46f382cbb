// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VersionWishTest {
  private static String words(String filter) {
    return VersionWish.in(filter, "version").words();
  }

  @Test
  void a_range_is_read_from_the_filter_that_frameworks_make_of_it() {
    assertThat(words("(&(osgi.wiring.package=a.b)(version>=0.3.0)(!(version>=1.0.0)))"))
        .isEqualTo(" [0.3.0,1.0.0)");
    assertThat(words("(&(osgi.wiring.package=a.b)(!(version>=1.0.0))(version>=0.3.0))"))
        .isEqualTo(" [0.3.0,1.0.0)");
  }

  @Test
  void a_missing_bound_is_left_out() {
    assertThat(words("(&(osgi.wiring.package=a.b)(version>=2.1.0))")).isEqualTo(" 2.1.0 or later");
    assertThat(words("(&(osgi.wiring.package=a.b)(!(version>=1.0.0)))"))
        .isEqualTo(" [0.0.0,1.0.0)");
    assertThat(words("(osgi.wiring.package=a.b)")).isEmpty();
  }

  @Test
  void another_attribute_does_not_count() {
    String filter = "(&(osgi.wiring.bundle=a)(bundle-version>=2.0.0))";
    assertThat(VersionWish.in(filter, "bundle-version").words()).isEqualTo(" 2.0.0 or later");
    assertThat(words(filter)).isEmpty();
  }
}
