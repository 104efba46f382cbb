// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** A host on which every file takes a block and nothing else works. */
public final class PlainCommands implements HostCommands {
  @Override
  public Optional<Path> find(String program) {
    return Optional.empty();
  }

  @Override
  public CommandResult run(HostCommand command, Operation operation) {
    return new CommandResult(0, "8 512\n", "");
  }

  @Override
  public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
    throw new UnsupportedOperationException();
  }
}
