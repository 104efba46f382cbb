// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.nio.file.Path;

/** Makes the errors about what cannot be imported. */
record Refusal(Path path) {
  /** It is nothing that can be imported. */
  BangerException unfit(String why) {
    return of(ErrorCode.BAD_REQUEST, why, null);
  }

  /** It is damaged, or made to do harm. */
  BangerException damaged(String why, Exception cause) {
    return of(ErrorCode.CORRUPT, why, cause);
  }

  BangerException of(ErrorCode code, String why, Exception cause) {
    return new BangerException(code, path + " cannot be imported: " + plain(why), cause);
  }

  /** What a stranger wrote, without what could move a terminal's cursor. */
  static String plain(String text) {
    return text.replaceAll("[\\p{Cntrl}\\p{Cf}]+", "?");
  }
}
