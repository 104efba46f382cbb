// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Properties;
import org.junit.jupiter.api.Test;

class CommandLineSettingsTest {
  @Test
  void what_was_set_on_the_command_line_is_set_for_the_next_daemon() {
    Properties system = new Properties();
    system.setProperty("banger.config.dev.banger.vm.defaultMemory", "1 G");
    system.setProperty("banger.config.dev.banger.vm.idle", "");
    system.setProperty("banger.configuration", "/home/ann/.config/banger");
    system.setProperty("banger.trial", "1");
    system.setProperty("java.io.tmpdir", "/tmp");
    assertThat(CommandLineSettings.arguments(system))
        .containsExactly(
            "-Dbanger.config.dev.banger.vm.defaultMemory=1 G",
            "-Dbanger.config.dev.banger.vm.idle=");
  }
}
