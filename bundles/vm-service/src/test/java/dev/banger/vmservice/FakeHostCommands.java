// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** A host whose du finds the same everywhere. */
final class FakeHostCommands implements HostCommands {
  @Override
  public Optional<Path> find(String program) {
    return Optional.of(Path.of("/usr/bin", program));
  }

  @Override
  public CommandResult run(HostCommand command, Operation operation) {
    return new CommandResult(0, "123456\t" + command.argv().get(command.argv().size() - 1), "");
  }

  @Override
  public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
    throw new UnsupportedOperationException();
  }
}
