// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestNameTest {
  private static final List<String> NAMES = List.of("vm.vcpus", "vm.memoryMib", "image.imageSize");

  @Test
  void finds_what_a_few_letters_make_and_nothing_else() {
    assertThat(NearestName.of("vm.vcpu", NAMES)).contains("vm.vcpus");
    assertThat(NearestName.of("vm.MemoryMB", NAMES)).contains("vm.memoryMib");
    assertThat(NearestName.of("image.size", NAMES)).isEmpty();
    assertThat(NearestName.of("x", List.of())).isEmpty();
  }
}
