// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.operation;

/**
 * A step of an operation, as a person watches it.
 *
 * @param stage the stage's stable name, such as {@code image_pull}
 * @param message what happens, for a person
 * @param done bytes so far, or -1 when the event counts no bytes
 * @param total all bytes, or -1 when unknown
 */
public record ProgressEvent(String stage, String message, long done, long total) {
  /** Whether the event counts bytes. */
  public boolean countsBytes() {
    return done >= 0;
  }
}
