// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HostToolErrorsTest {
  @Test
  void of_what_a_tool_says_the_errors_count_and_of_many_the_last() {
    assertThat(HostToolErrors.summary("W: old\nE: first\n\nE: second\n"))
        .isEqualTo("first; second");
    assertThat(HostToolErrors.summary("a\nb\nc\nd\ne\n")).isEqualTo("b; c; d; e");
    assertThat(HostToolErrors.summary("\n")).isEqualTo("it said nothing");
    assertThat(HostToolErrors.summary("E: Could not connect to proxy:3128\n"))
        .endsWith("check the network and apt's proxy settings");
  }
}
