// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.FileSystemException;

/** Turns failures of files into banger's errors. */
public final class StorageFailure {
  private StorageFailure() {}

  /**
   * The error for a failed read or write.
   *
   * @param doing what failed, such as {@code write the image}
   */
  public static BangerException of(String doing, IOException cause) {
    if (isFull(cause)) {
      return new BangerException(
          ErrorCode.NO_SPACE,
          "cannot " + doing + ": no space left; free some, then give the command again",
          cause);
    }
    String file =
        cause instanceof FileSystemException e && e.getFile() != null ? e.getFile() + ": " : "";
    String reason =
        cause instanceof FileSystemException e && e.getReason() != null
            ? e.getReason()
            : cause instanceof FileSystemException || cause.getMessage() == null
                ? cause.getClass().getSimpleName()
                : cause.getMessage();
    return new BangerException(
        ErrorCode.OPERATION_FAILED, "cannot " + doing + ": " + file + reason, cause);
  }

  /** Whether a text is the system's word for a full disk or quota. */
  public static boolean saysFull(String text) {
    return text.contains("No space left on device")
        || text.contains("Disk quota exceeded")
        || text.contains("You don't have enough free space");
  }

  private static boolean isFull(Throwable cause) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t.getMessage() != null && saysFull(t.getMessage())) {
        return true;
      }
    }
    return false;
  }
}
