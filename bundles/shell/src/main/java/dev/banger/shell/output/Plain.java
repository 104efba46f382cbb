// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

/** Text from guests and networks, made harmless for a terminal. */
public final class Plain {
  private Plain() {}

  /** One line: every control character, line breaks included, is made visible. */
  public static String oneLine(String text) {
    return visible(text, false);
  }

  /** Lines: every control character but line feeds and tabs is made visible. */
  public static String lines(String text) {
    return visible(text.replace("\r\n", "\n"), true);
  }

  private static String visible(String text, boolean keepLines) {
    if (text.chars().noneMatch(Plain::acts)) {
      return text;
    }
    StringBuilder shown = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!acts(c) || keepLines && (c == '\n' || c == '\t')) {
        shown.append(c);
      } else if (c < 0x20) {
        shown.append('^').append((char) (c + 0x40));
      } else if (c == 0x7f) {
        shown.append("^?");
      } else {
        shown.append(String.format("\\u%04x", (int) c));
      }
    }
    return shown.toString();
  }

  // Controls (C0, DEL, C1) and the marks that reorder or hide what follows.
  private static boolean acts(int c) {
    return c < 0x20
        || c >= 0x7f && c < 0xa0
        || c >= 0x200b && c <= 0x200f
        || c >= 0x202a && c <= 0x202e
        || c >= 0x2066 && c <= 0x2069
        || c == 0x2028
        || c == 0x2029
        || c == 0xfeff;
  }
}
