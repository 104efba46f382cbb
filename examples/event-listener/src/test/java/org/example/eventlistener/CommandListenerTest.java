// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.eventlistener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.event.Event;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.testkit.FakeHostCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CommandListenerTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final FakeHostCommands host = new FakeHostCommands();

  private CommandListener listener(String... kinds) {
    return listener(LIMIT, kinds);
  }

  private CommandListener listener(Duration limit, String... kinds) {
    return new CommandListener(List.of("notify", "--vm"), Set.of(kinds), limit, host);
  }

  private static Event event(String kind) {
    return new Event(1, Instant.EPOCH, kind, "0123456789ab", "web", "op-1", Map.of());
  }

  @Test
  void the_command_is_run_as_argv_for_the_kinds_that_are_wanted() {
    listener(Event.STARTED).heard(event(Event.STARTED));
    listener(Event.STARTED).heard(event(Event.STOPPED));
    listener().heard(event("$(reboot); true"));

    assertThat(host.commands())
        .extracting(HostCommand::argv)
        .containsExactly(
            List.of("notify", "--vm", "started", "web", "0123456789ab"),
            List.of("notify", "--vm", "$(reboot); true", "web", "0123456789ab"));
  }

  @Test
  void a_command_that_fails_or_hangs_is_told() {
    host.answering(command -> new CommandResult(3, "", "no display"));
    assertThatThrownBy(() -> listener().heard(event(Event.STARTED)))
        .isInstanceOf(BangerException.class)
        .hasMessage("notify ended with status 3: no display");
    host.hang();
    CommandListener hurried = listener(Duration.ofMillis(100));
    assertThatThrownBy(() -> hurried.heard(event(Event.STARTED)))
        .isInstanceOf(BangerException.class);
  }

  @Test
  void a_configuration_without_a_command_is_refused() {
    assertThatThrownBy(() -> new CommandListener(List.of(), Set.of(), LIMIT, host))
        .hasMessageContaining("needs a command");
    assertThatThrownBy(() -> new CommandListener(List.of("true"), Set.of(), Duration.ZERO, host))
        .hasMessageContaining("timeoutSeconds");
  }
}
