// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

/** The command line contradicts itself; shown with a pointer to the command's help. */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what is wrong with it
   */
  public UsageException(String message) {
    super(message);
  }
}
