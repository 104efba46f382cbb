// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;

/** What errors of the database's files mean to a person. */
final class FileFailure {
  private FileFailure() {}

  /**
   * An error of reading, writing or renaming a file.
   *
   * @param what what could not be done
   */
  static BangerException translate(String what, IOException e) {
    // The words of errno(3), which Java passes on.
    if (String.valueOf(e.getMessage()).contains("No space left on device")) {
      return new BangerException(
          ErrorCode.NO_SPACE, what + ": the disk is full; free some space and try again", e);
    }
    return new BangerException(ErrorCode.OPERATION_FAILED, what + ": " + e, e);
  }
}
