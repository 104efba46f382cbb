// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.error;

import java.util.Locale;

/**
 * The stable codes of {@link BangerException}: clients may branch on them, so none is ever renamed.
 */
public enum ErrorCode {
  /** The request itself is wrong; nothing was changed. */
  BAD_REQUEST,
  /** The peer speaks a protocol version that this program does not. */
  BAD_VERSION,
  /** The method does not exist. */
  UNKNOWN_METHOD,
  /** What was named does not exist. */
  NOT_FOUND,
  /** The name is taken. */
  ALREADY_EXISTS,
  /** The machine is not running, and must be. */
  NOT_RUNNING,
  /** The program that was to run in a guest is not there. */
  PROGRAM_NOT_FOUND,
  /** The program that was to run in a guest is there, and cannot be executed. */
  PROGRAM_NOT_EXECUTABLE,
  /** The object is used by another one, or is in a state that forbids the request. */
  IN_USE,
  /** The caller may not do this. */
  UNAUTHORIZED,
  /** The caller went away or asked to stop. */
  CANCELLED,
  /** A bound of time ran out. */
  DEADLINE_EXCEEDED,
  /** A service is being started, updated or stopped: the same request may succeed later. */
  UNAVAILABLE,
  /**
   * The service that was asked leaves, most often for its update, and has begun nothing or undone
   * what it had begun: the same request may be repeated at once. The daemon does so by itself for a
   * while.
   */
  UPDATING,
  /** The host lacks a program, a device or a right; {@code banger doctor} names it. */
  HOST_UNFIT,
  /** No space is left where something had to be written. */
  NO_SPACE,
  /** A file of ours is damaged or was written by a newer version. */
  CORRUPT,
  /** The operation failed for a reason that its message gives. */
  OPERATION_FAILED;

  /**
   * The code as it stands in the protocol and in {@code --json} output: lower case with
   * underscores.
   */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
