// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

/**
 * One step of a start.
 *
 * @param layer the part of banger that does it, as {@code vm explain} groups them
 * @param name its stable name, for logs, events and errors
 * @param stage the message of the progress stage that it begins, or null for none
 * @param run what it does
 * @param undo undoes it, also when {@code run} failed half-way
 */
record StartStep(String layer, String name, String stage, Failures.Part run, Failures.Part undo) {
  static StartStep of(
      String layer, String name, String stage, Failures.Part run, Failures.Part undo) {
    return new StartStep(layer, name, stage, run, undo);
  }

  /** A step that leaves nothing behind. */
  static StartStep of(String layer, String name, String stage, Failures.Part run) {
    return new StartStep(layer, name, stage, run, () -> {});
  }
}
