// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

/** Puts what a stranger sent into messages: in quotes, on one line, not endless. */
final class Quoted {
  private static final int LONGEST = 120;

  private Quoted() {}

  static String of(String text) {
    return '"' + plain(text) + '"';
  }

  /** Without quotes: control characters become spaces, long texts end in an ellipsis. */
  static String plain(String text) {
    String cut = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
    return cut.replaceAll("[\\p{Cntrl}\\p{Cf}]+", " ").strip();
  }
}
