// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ExceptionsTest {
  private static final Exception NESTED =
      new IllegalStateException("outer", new RuntimeException(new IllegalArgumentException("why")));

  @Test
  void the_innermost_cause_is_told() {
    assertThat(Exceptions.told(NESTED)).isEqualTo("java.lang.IllegalArgumentException: why");
    assertThat(Exceptions.told(new IllegalStateException("alone")))
        .isEqualTo("java.lang.IllegalStateException: alone");
  }

  @Test
  void a_stack_trace_tells_the_same() {
    StringWriter trace = new StringWriter();
    NESTED.printStackTrace(new PrintWriter(trace));
    assertThat(Exceptions.told(trace.toString()))
        .isEqualTo("java.lang.IllegalArgumentException: why");
  }

  @Test
  void no_stack_trace_is_no_reason() {
    assertThat(Exceptions.told((String) null)).isEqualTo("no exception is known");
    assertThat(Exceptions.told(" ")).isEqualTo("no exception is known");
  }
}
