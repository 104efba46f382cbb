// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MavenCoordinatesTest {
  @Test
  void they_name_a_file_below_a_repository() {
    assertThat(MavenCoordinates.of("mvn:org.example.sub:greeting:1.0-rc1").path())
        .isEqualTo("org/example/sub/greeting/1.0-rc1/greeting-1.0-rc1.jar");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mvn:a:b",
        "mvn:a:b:c:d",
        "mvn:a:b:",
        "mvn:../..:b:1",
        "mvn:a:..:1",
        "mvn:a:b/c:1",
        "mvn:a:b:1/../../2",
        "mvn:a..b:c:1",
        "a:b:c"
      })
  void what_could_lead_elsewhere_is_refused(String text) {
    assertThatThrownBy(() -> MavenCoordinates.of(text))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("mvn:group:artifact:version");
  }
}
