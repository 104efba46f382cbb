// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.host;

import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Runs commands on the host, without a shell, with input from /dev/null. Cancelling the operation
 * ends the command and its children.
 */
@ProviderType
public interface HostCommands {
  /** The program of that name on the daemon's PATH (or in /usr/sbin and /sbin), or empty. */
  Optional<Path> find(String program);

  /**
   * Runs a command to its end.
   *
   * @throws dev.banger.error.BangerException HOST_UNFIT when the program is not there; CANCELLED;
   *     DEADLINE_EXCEEDED. A non-zero status is a result, not an exception
   */
  CommandResult run(HostCommand command, Operation operation);

  /**
   * Starts a command whose output is read while it runs.
   *
   * @param errors gets each line of its standard error, from another thread
   * @throws dev.banger.error.BangerException HOST_UNFIT when the program is not there
   */
  HostProcess start(HostCommand command, Consumer<String> errors, Operation operation);
}
