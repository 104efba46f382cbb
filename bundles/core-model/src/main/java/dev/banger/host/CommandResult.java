// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.host;

/**
 * How a command ended.
 *
 * @param status its exit status; 128 + the signal's number when a signal ended it
 * @param stdout what it wrote, at most the last MiB
 * @param stderr what it wrote as errors, at most the last 64 KiB
 */
public record CommandResult(int status, String stdout, String stderr) {
  /** Whether it ended with status 0. */
  public boolean succeeded() {
    return status == 0;
  }
}
