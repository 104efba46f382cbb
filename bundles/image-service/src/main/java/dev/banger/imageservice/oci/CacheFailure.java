// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.FileSystemException;

/** Turns failures of the cache's files into banger's errors. */
final class CacheFailure {
  private CacheFailure() {}

  /**
   * The error for a failed read or write.
   *
   * @param doing what failed, such as {@code write to the image cache}
   */
  static BangerException of(String doing, IOException cause) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      String message = String.valueOf(t.getMessage());
      if (message.contains("No space left on device") || message.contains("quota exceeded")) {
        return new BangerException(
            ErrorCode.NO_SPACE,
            "cannot %s: no space left; free some, then give the command again".formatted(doing),
            cause);
      }
    }
    boolean unexplained = cause instanceof FileSystemException f && f.getReason() == null;
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "cannot %s: %s%s"
            .formatted(
                doing,
                cause.getMessage(),
                unexplained ? " (" + cause.getClass().getSimpleName() + ")" : ""),
        cause);
  }
}
