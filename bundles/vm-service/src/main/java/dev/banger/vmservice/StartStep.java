// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

/**
 * One step of a start.
 *
 * @param name its stable name, for logs and errors
 * @param stage the message of the progress stage that it begins, or null for none
 * @param run what it does
 * @param undo undoes it, also when {@code run} failed half-way
 */
record StartStep(String name, String stage, Failures.Part run, Failures.Part undo) {
  static StartStep of(String name, String stage, Failures.Part run, Failures.Part undo) {
    return new StartStep(name, stage, run, undo);
  }

  /** A step that leaves nothing behind. */
  static StartStep of(String name, String stage, Failures.Part run) {
    return new StartStep(name, stage, run, () -> {});
  }
}
