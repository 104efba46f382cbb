// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.gogo;

/** A command ended with a status other than 0; it has said why itself. */
public final class CommandFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param command what was run
   * @param status its status
   */
  public CommandFailed(String command, int status) {
    super(command + " ended with status " + status);
    this.status = status;
  }

  /** The status. */
  public int status() {
    return status;
  }
}
