// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.ext4.Ext4Exception;

/** Makes the errors about one layer: all say which it is, and what a person can do. */
final class LayerFault {
  private static final String DAMAGED =
      "; the layer is damaged or made to do harm: pull or import it again, and tell its publisher"
          + " if that does not help";

  /** Enough to recognise an entry, short enough for a line. */
  private static final int SHOWN_NAME = 256;

  private static final int SHOWN_MESSAGE = 1024;

  private final String layer;

  /**
   * @param number counted from 1, the bottom
   * @param of how many there are
   */
  LayerFault(int number, int of) {
    layer = "layer " + number + " of " + of;
  }

  BangerException damaged(String what) {
    return damaged(what, null);
  }

  BangerException damaged(String what, Throwable cause) {
    return new BangerException(ErrorCode.CORRUPT, layer + ": " + oneLine(what) + DAMAGED, cause);
  }

  BangerException beyondLimit(String what) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        layer + ": " + what + "; if you trust the image, raise the limit and try again");
  }

  /** What the writer refused. */
  BangerException refused(byte[] name, Ext4Exception cause) {
    String where = layer + ", entry \"" + printable(name) + "\": ";
    return switch (cause.reason()) {
      case NO_SPACE, NO_INODES -> full(where, cause);
      default ->
          new BangerException(ErrorCode.CORRUPT, where + cause.getMessage() + DAMAGED, cause);
    };
  }

  static BangerException full(String where, Ext4Exception cause) {
    return new BangerException(
        ErrorCode.NO_SPACE,
        where + "the image is too small: " + cause.getMessage() + "; ask for a larger one",
        cause);
  }

  /** What libraries say may hold names as they are. */
  private static String oneLine(String said) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(said.length(), SHOWN_MESSAGE); i++) {
      char c = said.charAt(i);
      text.append(c < 0x20 || c > 0x7E ? String.format("\\%03o", (int) c) : c);
    }
    return text.toString();
  }

  /** A name for people: one line of printable ASCII, other bytes in octal. */
  static String printable(byte[] name) {
    StringBuilder text = new StringBuilder();
    int shown = Math.min(name.length, SHOWN_NAME);
    for (int i = 0; i < shown; i++) {
      byte b = name[i];
      // Bytes from 0x80 on are negative.
      if (b < 0x20 || b == 0x7F || b == '"' || b == '\\') {
        text.append(String.format("\\%03o", b & 0xFF));
      } else {
        text.append((char) b);
      }
    }
    return shown < name.length ? text.append("...").toString() : text.toString();
  }
}
