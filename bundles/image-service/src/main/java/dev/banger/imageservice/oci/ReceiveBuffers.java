// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

/**
 * How much Java's HTTP client receives at once. It reads again only when what it read was taken,
 * and two threads wake each other for that; with its 16 KiB that takes longer than all else that a
 * fast registry's blob needs.
 */
final class ReceiveBuffers {
  /** Of the module java.net.http; it is read once, when the process makes its first client. */
  static final String PROPERTY = "jdk.httpclient.bufsize";

  /** Beyond, nothing was gained any more. */
  static final int BYTES = 128 << 10;

  private ReceiveBuffers() {}

  /** Asks for larger ones, unless somebody chose a size; clients that are there keep theirs. */
  static void enlarge() {
    if (System.getProperty(PROPERTY) == null) {
      System.setProperty(PROPERTY, Integer.toString(BYTES));
    }
  }
}
