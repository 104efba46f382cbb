// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.command;

import dev.banger.guest.TerminalSize;
import dev.banger.operation.Operation;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.osgi.annotation.versioning.ProviderType;

/** The terminal (or the files) of the person who gave a command, wherever they are. */
@ProviderType
public interface Console {
  /** The command's operation: cancelled when the person presses Ctrl-C or goes away. */
  Operation operation();

  /** Whether it was the person who ended the operation, by Ctrl-C. */
  boolean isInterrupted();

  /** What the person types or pipes in. Nothing is taken from them before the first read. */
  InputStream stdin();

  /** Standard output. */
  OutputStream stdout();

  /** Standard error. */
  OutputStream stderr();

  /** Whether standard input is a terminal. */
  boolean stdinIsTerminal();

  /** Whether standard output is a terminal. */
  boolean stdoutIsTerminal();

  /** Whether standard error is a terminal. */
  boolean stderrIsTerminal();

  /** The terminal's size, or empty without one. */
  Optional<TerminalSize> terminalSize();

  /** The person's working directory. */
  Path directory();

  /** The variables of the person's environment that commands may look at. */
  Map<String, String> environment();

  /** Puts the terminal into raw mode (every key reaches {@link #stdin}) or back. */
  void rawMode(boolean raw);

  /**
   * Runs a command on the person's own terminal and waits for its end.
   *
   * @return its exit status
   * @throws dev.banger.error.BangerException OPERATION_FAILED where that is not possible (a Gogo
   *     shell over a network, say)
   */
  int runLocally(List<String> argv, Map<String, String> environment);

  /** Names whom to call when the terminal changes its size. */
  Operation.Registration onResize(Consumer<TerminalSize> listener);

  /** Names whom to call with signals meant for the remote command. */
  Operation.Registration onSignal(IntConsumer listener);
}
