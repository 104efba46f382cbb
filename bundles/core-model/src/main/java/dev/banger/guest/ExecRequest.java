// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.guest;

import java.util.List;
import java.util.Map;

/**
 * A command for a guest.
 *
 * @param argv program and arguments, at least one; never seen by a shell
 * @param environment variables added to those the agent gives
 * @param directory absolute working directory, or null for the user's home
 * @param user user name or {@code uid[:gid]}, or null for root
 * @param terminal size of the pseudo-terminal to run on, or null for pipes
 * @param background whether it serves the machine rather than somebody who works there: it does not
 *     keep an idle machine from being stopped
 */
public record ExecRequest(
    List<String> argv,
    Map<String, String> environment,
    String directory,
    String user,
    TerminalSize terminal,
    boolean background) {
  public ExecRequest {
    argv = List.copyOf(argv);
    environment = Map.copyOf(environment);
  }

  /** A command that somebody waits for. */
  public ExecRequest(
      List<String> argv,
      Map<String, String> environment,
      String directory,
      String user,
      TerminalSize terminal) {
    this(argv, environment, directory, user, terminal, false);
  }

  /** A command as root, on pipes, in root's home. */
  public static ExecRequest of(List<String> argv) {
    return new ExecRequest(argv, Map.of(), null, null, null);
  }
}
