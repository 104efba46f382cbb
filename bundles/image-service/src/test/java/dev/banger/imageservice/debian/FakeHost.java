// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A host whose programs do what a test says, and which remembers what it was asked. */
final class FakeHost implements HostCommands {
  final List<HostCommand> commands = new CopyOnWriteArrayList<>();
  final Set<String> missing = new HashSet<>();
  private final Map<String, Program> programs = new HashMap<>();
  private Streaming streaming = command -> new Streamed(new byte[0], 0, List.of());

  FakeHost() {
    on("apt-config dump", command -> succeeded(""));
    on("stat -c", command -> new CommandResult(0, "8 512\n", ""));
  }

  /** What a program does whose arguments, joined by spaces, begin so; the last rule counts. */
  FakeHost on(String beginning, Program program) {
    programs.put(beginning, program);
    return this;
  }

  FakeHost onStart(Streaming program) {
    streaming = program;
    return this;
  }

  /** This host as a user with all that Debian's tools need. */
  DebianHost debian(Path home, String user) {
    try {
      Path keyring = home.resolve("keyring.gpg");
      Path subordinateIds = home.resolve("subuid");
      Files.writeString(keyring, "keys");
      Files.writeString(subordinateIds, "someone:100000:65536\n");
      return new DebianHost(this, keyring, subordinateIds, user);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static CommandResult succeeded(String stdout) {
    return new CommandResult(0, stdout, "");
  }

  static CommandResult failed(int status, String stderr) {
    return new CommandResult(status, "", stderr);
  }

  @Override
  public Optional<Path> find(String program) {
    return missing.contains(program) ? Optional.empty() : Optional.of(Path.of("/usr/bin", program));
  }

  @Override
  public CommandResult run(HostCommand command, Operation operation) {
    operation.check();
    commands.add(command);
    String words = String.join(" ", command.argv());
    String rule =
        programs.keySet().stream()
            .filter(words::startsWith)
            .max((a, b) -> Integer.compare(a.length(), b.length()))
            .orElseThrow(() -> new AssertionError("nobody expected " + words));
    try {
      CommandResult result = programs.get(rule).run(command);
      operation.check();
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
    operation.check();
    commands.add(command);
    Streamed streamed = streaming.start(command);
    streamed.errors.forEach(errors);
    return new HostProcess() {
      @Override
      public InputStream stdout() {
        return streamed.stdout;
      }

      @Override
      public CommandResult await(Operation waiter) {
        waiter.check();
        if (!streamed.canEnd()) {
          throw new BangerException(ErrorCode.DEADLINE_EXCEEDED, "its output was not read");
        }
        return new CommandResult(streamed.status, "", String.join("\n", streamed.errors));
      }

      @Override
      public void close() {
        streamed.closed = true;
      }
    };
  }

  /** The last command whose arguments begin so. */
  HostCommand last(String beginning) {
    return commands.stream()
        .filter(command -> String.join(" ", command.argv()).startsWith(beginning))
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  @FunctionalInterface
  interface Program {
    CommandResult run(HostCommand command) throws IOException;
  }

  @FunctionalInterface
  interface Streaming {
    Streamed start(HostCommand command);
  }

  /** What a program writes, and how it ends once all was read. */
  static final class Streamed {
    final InputStream stdout;
    final int status;
    final List<String> errors;
    boolean closed;

    Streamed(byte[] stdout, int status, List<String> errors) {
      this(new ByteArrayInputStream(stdout), status, errors);
    }

    Streamed(InputStream stdout, int status, List<String> errors) {
      this.stdout = stdout;
      this.status = status;
      this.errors = errors;
    }

    private boolean canEnd() {
      try {
        return stdout.read() < 0;
      } catch (IOException e) {
        return true;
      }
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
