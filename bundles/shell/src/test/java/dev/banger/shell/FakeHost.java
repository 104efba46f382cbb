// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A host whose commands write a line each and end as the test says. */
public final class FakeHost implements HostCommands {
  public final List<List<String>> started = new ArrayList<>();
  public final Deque<Integer> statuses = new ArrayDeque<>();
  public Runnable onStart = () -> {};

  @Override
  public Optional<Path> find(String program) {
    return Optional.empty();
  }

  @Override
  public CommandResult run(HostCommand command, Operation operation) {
    throw new BangerException(ErrorCode.HOST_UNFIT, "not here");
  }

  @Override
  public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
    started.add(command.argv());
    onStart.run();
    int status = statuses.isEmpty() ? 0 : statuses.pop();
    return new HostProcess() {
      @Override
      public InputStream stdout() {
        return new ByteArrayInputStream("Setting up\n".getBytes(StandardCharsets.UTF_8));
      }

      @Override
      public CommandResult await(Operation waiting) {
        return new CommandResult(status, "", "");
      }

      @Override
      public void close() {
        // nothing runs
      }
    };
  }
}
