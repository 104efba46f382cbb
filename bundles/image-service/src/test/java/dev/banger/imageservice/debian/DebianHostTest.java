// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebianHostTest {
  @TempDir Path home;
  private final FakeHost commands = new FakeHost();

  @Test
  void a_host_with_everything_will_do_for_a_user_and_for_root() {
    for (String user : new String[] {"someone", "root"}) {
      DebianHost host = commands.debian(home, user);

      assertThatCode(host::requireApt).doesNotThrowAnyException();
      assertThatCode(host::requireMmdebstrap).doesNotThrowAnyException();
    }
  }

  @Test
  void what_is_missing_is_named_with_what_installs_it() {
    for (Map.Entry<String, String> missing :
        Map.of(
                "apt-get", "apt-get",
                "apt-cache", "apt-cache",
                "mmdebstrap", "mmdebstrap",
                "newuidmap", "uidmap")
            .entrySet()) {
      commands.missing.clear();
      commands.missing.add(missing.getKey());

      assertThatThrownBy(commands.debian(home, "someone")::requireMmdebstrap)
          .isInstanceOfSatisfying(
              BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNFIT))
          .hasMessageContaining(missing.getValue())
          .hasMessageContaining("banger doctor --fix");
    }
  }

  @Test
  void root_needs_neither_a_namespaces_tools_nor_ids() throws IOException {
    commands.missing.add("newuidmap");
    DebianHost root = commands.debian(home, "root");
    Files.delete(home.resolve("subuid"));

    assertThatCode(root::requireMmdebstrap).doesNotThrowAnyException();
    assertThat(root.hasSubordinateIds()).isTrue();
  }

  @Test
  void a_user_without_ids_is_told_how_to_get_some() throws IOException {
    for (String user : new String[] {"some", "someone-else"}) {
      assertThatThrownBy(commands.debian(home, user)::requireMmdebstrap)
          .hasMessageContaining("usermod --add-subuids")
          .hasMessageEndingWith(user);
    }
    DebianHost host = commands.debian(home, "someone");
    Files.delete(home.resolve("subuid"));
    assertThat(host.hasSubordinateIds()).isFalse();
  }

  @Test
  void nothing_is_downloaded_without_the_keys() throws IOException {
    DebianHost host = commands.debian(home, "root");
    Files.delete(home.resolve("keyring.gpg"));

    assertThatThrownBy(host::requireApt).hasMessageContaining("debian-archive-keyring");
  }
}
