// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.wire.Json;

/**
 * What an operation came to: kept as text, which takes less memory than what is read from it.
 *
 * @param text JSON
 */
record KeptResult(String text, Json json) {
  /** It as maps, lists and values. */
  Object value() {
    return text.equals("null") ? null : json.read(text, Object.class);
  }
}
