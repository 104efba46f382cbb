// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes the body of an HTTP answer, piece by piece, by one thread at a time.
 *
 * @param <T> what it makes of the body
 */
interface Sink<T> {
  /** Takes the next piece. */
  void accept(ByteBuffer piece) throws IOException;

  /** What the whole body gave; called once after the last piece. */
  T finish() throws IOException;
}
