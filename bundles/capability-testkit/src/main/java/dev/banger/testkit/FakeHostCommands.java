// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A host on which nothing runs: a test says how each command ends. Safe for use by many threads, as
 * the real one is.
 */
public final class FakeHostCommands implements HostCommands {
  private static final Duration PAUSE = Duration.ofMillis(5);

  private final List<HostCommand> commands = new ArrayList<>();
  private Function<HostCommand, CommandResult> answer = command -> new CommandResult(0, "", "");
  private List<String> missing = List.of();
  private boolean hanging;

  /** How commands end from now on; unless this is called, well and in silence. */
  public synchronized FakeHostCommands answering(Function<HostCommand, CommandResult> how) {
    answer = how;
    return this;
  }

  /** Programs that are not there. */
  public synchronized FakeHostCommands without(String... programs) {
    missing = List.of(programs);
    return this;
  }

  /** Commands run until their operation ends, from now on. */
  public synchronized FakeHostCommands hang() {
    hanging = true;
    return this;
  }

  /** What was run so far. */
  public synchronized List<HostCommand> commands() {
    return List.copyOf(commands);
  }

  @Override
  public synchronized Optional<Path> find(String program) {
    return missing.contains(program) ? Optional.empty() : Optional.of(Path.of("/usr/bin", program));
  }

  @Override
  public CommandResult run(HostCommand command, Operation operation) {
    operation.check();
    Function<HostCommand, CommandResult> how;
    synchronized (this) {
      if (missing.contains(command.argv().get(0))) {
        throw new BangerException(
            ErrorCode.HOST_UNFIT, command.argv().get(0) + " is not on this host");
      }
      commands.add(command);
      how = answer;
    }
    operation.await(() -> !hangs(), PAUSE);
    return how.apply(command);
  }

  private synchronized boolean hangs() {
    return hanging;
  }

  @Override
  public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
    CommandResult result = run(command, operation);
    result.stderr().lines().forEach(errors);
    return new Ended(result);
  }

  private record Ended(CommandResult result) implements HostProcess {
    @Override
    public InputStream stdout() {
      return new ByteArrayInputStream(result.stdout().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public CommandResult await(Operation operation) {
      operation.check();
      return new CommandResult(result.status(), "", result.stderr());
    }

    @Override
    public void close() {}
  }
}
