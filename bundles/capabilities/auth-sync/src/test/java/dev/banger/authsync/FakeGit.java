// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A host whose git has a configuration. */
final class FakeGit implements HostCommands {
  final Map<String, String> values =
      new TreeMap<>(Map.of("user.name", "Jo Doe", "user.email", "jo@example.org"));

  @Override
  public Optional<Path> find(String program) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CommandResult run(HostCommand command, Operation operation) {
    String key = command.argv().get(command.argv().size() - 1);
    return values.containsKey(key)
        ? new CommandResult(0, values.get(key) + "\0", "")
        : new CommandResult(1, "", "");
  }

  @Override
  public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
    throw new UnsupportedOperationException();
  }
}
