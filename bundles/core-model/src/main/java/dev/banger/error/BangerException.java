// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.error;

import java.util.Objects;

/**
 * The one error of banger's services. Its message says what happened and what to do next, in words
 * meant for the person who gave the command. Errors that belong to it but must not hide it (a
 * failed clean-up, say) are attached as {@linkplain #addSuppressed suppressed}.
 */
public final class BangerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  /**
   * @param code the stable code
   * @param message what happened and what to do next; one line or a few
   */
  public BangerException(ErrorCode code, String message) {
    this(code, message, null);
  }

  /**
   * @param code the stable code
   * @param message what happened and what to do next; one line or a few
   * @param cause what it came from, or null
   */
  public BangerException(ErrorCode code, String message, Throwable cause) {
    super(Objects.requireNonNull(message), cause);
    this.code = Objects.requireNonNull(code);
  }

  /** The stable code. */
  public ErrorCode code() {
    return code;
  }
}
