// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DirectoryLayoutTest {
  private static DirectoryLayout layout(
      Map<String, String> properties, Map<String, String> environment) {
    return DirectoryLayout.of(properties::get, environment::get, 1000);
  }

  @Test
  void follows_the_properties_of_the_framework_first() {
    DirectoryLayout layout =
        layout(
            Map.of("banger.state", "/a/state", "banger.run", "/a/run"),
            Map.of("BANGER_HOME", "/b"));
    assertThat(layout)
        .isEqualTo(
            new DirectoryLayout(
                Path.of("/b/config"), Path.of("/a/state"), Path.of("/b/cache"), Path.of("/a/run")));
  }

  @Test
  void follows_the_xdg_variables_and_their_defaults() {
    assertThat(layout(Map.of(), Map.of("HOME", "/home/x", "XDG_CACHE_HOME", "")))
        .isEqualTo(
            new DirectoryLayout(
                Path.of("/home/x/.config/banger"),
                Path.of("/home/x/.local/state/banger"),
                Path.of("/home/x/.cache/banger"),
                Path.of("/home/x/.local/state/banger/run")));
    assertThat(
            layout(
                Map.of(),
                Map.of(
                    "HOME",
                    "/home/x",
                    "XDG_CONFIG_HOME",
                    "/c",
                    "XDG_STATE_HOME",
                    "/s",
                    "XDG_CACHE_HOME",
                    "/k",
                    "XDG_RUNTIME_DIR",
                    "/run/user/1000"))) // which goes with the last session of its user
        .isEqualTo(
            new DirectoryLayout(
                Path.of("/c/banger"),
                Path.of("/s/banger"),
                Path.of("/k/banger"),
                Path.of("/s/banger/run")));
  }

  @Test
  void a_state_directory_that_leaves_no_room_for_sockets_has_them_elsewhere() {
    String longest =
        "/" + "x".repeat(107 - "/banger/run/vm/0123456789ab/control.sock".length() - 1);
    assertThat(layout(Map.of(), Map.of("HOME", "/h", "XDG_STATE_HOME", longest)).run())
        .isEqualTo(Path.of(longest, "banger/run"));
    assertThat(layout(Map.of(), Map.of("HOME", "/h", "XDG_STATE_HOME", longest + "x")).run())
        .isEqualTo(Path.of("/tmp/banger-1000"));
  }

  @Test
  void refuses_a_relative_path() {
    assertThatThrownBy(() -> layout(Map.of(), Map.of("BANGER_HOME", "here")))
        .hasMessage("BANGER_HOME must be an absolute path, not 'here'");
  }

  @Test
  void refuses_a_path_that_leaves_no_room_for_sockets() {
    String longest = "/" + "x".repeat(107 - "/run/vm/0123456789ab/control.sock".length() - 1);
    assertThat(layout(Map.of(), Map.of("BANGER_HOME", longest)).run())
        .isEqualTo(Path.of(longest, "run"));
    assertThatThrownBy(() -> layout(Map.of(), Map.of("BANGER_HOME", longest + "x")))
        .hasMessageContainingAll("BANGER_HOME", "shorter");
    // Bytes count, not characters.
    assertThatThrownBy(() -> layout(Map.of(), Map.of("BANGER_HOME", longest.replaceAll("x$", "é"))))
        .hasMessageContaining("shorter");
  }
}
