// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.wire;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The one JSON form of banger's records, in {@code --json} output, on the socket and in files:
 * field names in snake_case, times in ISO 8601, paths and enum constants (in lower case) as
 * strings, null as null. Safe for use by many threads.
 */
@ProviderType
public interface Json {
  /** A value as JSON on one line. */
  String write(Object value);

  /** A value as indented JSON, ending with a newline. */
  String writePretty(Object value);

  /**
   * A record from JSON.
   *
   * @throws dev.banger.error.BangerException BAD_REQUEST, naming the field that is missing, unknown
   *     or of another type
   */
  <T> T read(String json, Class<T> type);
}
