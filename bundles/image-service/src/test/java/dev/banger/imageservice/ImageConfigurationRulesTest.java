// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.configuration.ConfigurationRules.Objection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageConfigurationRulesTest {
  private static List<List<String>> refused(Map<String, String> changes) {
    Map<String, String> values = new HashMap<>();
    for (var method : ImageConfiguration.class.getDeclaredMethods()) {
      values.put(method.getName(), (String) method.getDefaultValue());
    }
    values.putAll(changes);
    return new ImageConfigurationRules().check(values).stream().map(Objection::keys).toList();
  }

  @Test
  void has_nothing_against_the_defaults() {
    assertThat(refused(Map.of())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "debianMirror, file:///srv/debian, ftp://example.org/debian",
    "debianSecurityMirror, https://example.org/s, 'https://example.org/s [trusted=yes]'",
    "ubuntuMirror, http://example.org/u, nowhere",
    "imageSize, 2048 MiB, 8 TB",
    "largestContent, 1 GiB, 512 MiB",
    "defaultKernel, debian-cloud, ../up",
    "defaultImage, docker.io/library/alpine:3.20, ' '"
  })
  void refuses_what_has_not_the_form_of_a_key(String key, String right, String wrong) {
    assertThat(refused(Map.of(key, right))).isEmpty();
    assertThat(refused(Map.of(key, wrong))).containsExactly(List.of(key));
  }
}
