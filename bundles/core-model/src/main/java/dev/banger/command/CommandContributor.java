// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.command;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Contributes a top-level command, such as {@code vm} with its subcommands. Registered as a service
 * by any bundle; it is offered in bash, in the Gogo shell and over the socket as long as the
 * service is there.
 */
@ConsumerType
public interface CommandContributor {
  /** The command's name: 1 to 32 of a-z 0-9 and '-'. */
  String name();

  /**
   * A fresh object annotated with {@code picocli.CommandLine.Command}; it runs once. Its {@code
   * Callable<Integer>} gives the exit status; a {@link dev.banger.error.BangerException} is shown
   * as an error.
   *
   * @param console the terminal of the person who gave the command
   */
  Object command(Console console);
}
