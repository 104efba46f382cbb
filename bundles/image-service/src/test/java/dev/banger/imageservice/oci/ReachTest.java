// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReachTest {
  @ParameterizedTest
  @CsvSource({
    // registry,       insecure, target,                      allowed
    "registry.example,      false, https://registry.example/v2/,   true",
    "registry.example,      false, https://cdn.example/blob,       true",
    "registry.example,      false, http://registry.example/v2/,    false",
    "registry.example,      true,  http://registry.example/v2/,    true",
    "registry.example:5000, true,  http://registry.example:5000/,  true",
    "registry.example:5000, true,  http://registry.example/,       false",
    "registry.example,      true,  http://cdn.example/blob,        false",
    "registry.example,      true,  http://169.254.169.254/x,       false",
    "registry.example,      false, http://127.0.0.1/x,             false",
    "registry.example,      false, https://127.0.0.1/x,            false",
    "registry.example,      true,  http://localhost:8080/x,        false",
    "registry.example,      false, https://a.localhost/x,          false",
    "registry.example,      false, https://[::1]/x,                false",
    "localhost:5000,        false, http://localhost:5000/v2/,      true",
    "localhost:5000,        false, https://localhost:5000/v2/,     true",
    "127.0.0.1:5000,        false, http://127.0.0.1:9000/blob,     true",
    "127.0.0.1:5000,        false, http://cdn.example/blob,        false",
    "127.0.0.1:5000,        true,  http://cdn.example/blob,        false",
    "127.0.0.1:5000,        false, https://cdn.example/blob,       true",
    "127.0.0.1.example,     false, http://127.0.0.1.example/,      false",
    "registry.example,      true,  file:///etc/passwd,             false",
    "registry.example,      true,  ftp://registry.example/,        false",
  })
  void plain_http_and_this_host_are_for_who_asked_for_them(
      String registry, boolean insecure, URI target, boolean allowed) {
    Reach reach = new Reach(registry, insecure);
    if (allowed) {
      assertThatCode(() -> reach.check(target)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> reach.check(target)).hasMessageContaining("not followed");
    }
  }

  @Test
  void signatures_in_addresses_are_not_shown() {
    assertThatThrownBy(
            () ->
                new Reach("registry.example", false)
                    .check(URI.create("http://cdn.example/b?signature=secret")))
        .satisfies(e -> assertThat(e.getMessage()).contains("/b").doesNotContain("secret"));
  }
}
