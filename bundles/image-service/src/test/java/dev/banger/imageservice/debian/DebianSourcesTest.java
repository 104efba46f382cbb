// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class DebianSourcesTest {
  private static final String MIRROR = "http://deb.debian.org/debian";

  @Test
  void a_suite_has_its_updates_and_its_security_updates_all_signed() {
    assertThat(new DebianSources(MIRROR, MIRROR + "-security", "/keys.gpg").lines("bookworm"))
        .containsExactly(
            "deb [signed-by=/keys.gpg] http://deb.debian.org/debian bookworm main",
            "deb [signed-by=/keys.gpg] http://deb.debian.org/debian bookworm-updates main",
            "deb [signed-by=/keys.gpg] http://deb.debian.org/debian-security bookworm-security"
                + " main");
  }

  @Test
  void unstable_has_no_updates() {
    assertThat(new DebianSources(MIRROR, MIRROR + "-security", "/keys.gpg").lines("sid"))
        .containsExactly("deb [signed-by=/keys.gpg] http://deb.debian.org/debian sid main");
  }

  @Test
  void urls_that_apt_would_read_as_something_else_are_refused_by_the_keys_name() {
    for (String url :
        List.of(
            "",
            "deb.debian.org/debian",
            "ftp://deb.debian.org",
            "http://host/a b",
            "http://host/\ndeb [trusted=yes] http://evil x main",
            "http://host/#",
            "[trusted=yes] http://host/",
            "copy:/srv",
            "http://host/\"")) {
      assertRefused("debianMirror", () -> new DebianSources(url, MIRROR, "/k"), url);
      assertRefused("debianSecurityMirror", () -> new DebianSources(MIRROR, url, "/k"), url);
      assertRefused("ubuntuMirror", () -> new UbuntuSources(url, UbuntuSources.KEYRING), url);
    }
  }

  @Test
  void http_https_and_file_urls_are_allowed() {
    for (String url :
        List.of(
            "http://127.0.0.1:3142/debian",
            "https://user@mirror.example.org/debian/",
            "file:/srv/debian",
            "file:///srv/debian~1+2%20")) {
      assertThat(new DebianSources(url, url, "/k").lines("x").get(0)).contains(" " + url + " ");
    }
  }

  private static void assertRefused(String key, ThrowingCallable call, String url) {
    assertThatThrownBy(call)
        .as(url)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST))
        .hasMessageStartingWith(key + " \"")
        .hasMessageContaining("dev.banger.image.cfg");
  }
}
