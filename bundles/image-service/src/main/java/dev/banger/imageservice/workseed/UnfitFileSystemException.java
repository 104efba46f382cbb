// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

import java.io.IOException;

/**
 * A file system is damaged, or has something that is not understood. The message says what, in
 * words that go on after "its file system".
 */
public final class UnfitFileSystemException extends IOException {
  private static final long serialVersionUID = 1L;

  UnfitFileSystemException(String message) {
    super(message);
  }

  UnfitFileSystemException(String message, Throwable cause) {
    super(message, cause);
  }
}
