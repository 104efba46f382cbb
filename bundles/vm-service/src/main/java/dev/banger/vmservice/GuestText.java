// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

/** Text that came from a guest and is shown to a person. */
final class GuestText {
  private GuestText() {}

  /** Without control characters, so that a guest cannot drive the reader's terminal. */
  static String printable(String text) {
    StringBuilder printable = new StringBuilder(text.length());
    text.codePoints()
        .filter(character -> !Character.isISOControl(character) || character == '\n')
        .filter(character -> Character.getType(character) != Character.FORMAT)
        .forEach(printable::appendCodePoint);
    return printable.toString();
  }
}
