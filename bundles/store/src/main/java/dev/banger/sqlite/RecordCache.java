// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The decoded form of documents that were read before. The database stays the only truth: a record
 * is taken from here only when the row's document is still the same text. It saves the parsing,
 * which is most of the cost of a list.
 */
final class RecordCache<T> {
  private final RecordCodec<T> codec;
  private final Map<String, Decoded<T>> decoded = new ConcurrentHashMap<>();

  RecordCache(RecordCodec<T> codec) {
    this.codec = codec;
  }

  RecordCodec<T> codec() {
    return codec;
  }

  /** The records of all rows of a table; rows are id and document. */
  List<T> all(ResultSet rows) throws SQLException {
    List<T> records = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    while (rows.next()) {
      ids.add(rows.getString(1));
      records.add(record(rows));
    }
    if (decoded.size() > ids.size()) {
      decoded.keySet().retainAll(ids);
    }
    return records;
  }

  /** The record of the current row, which is id and document. */
  T record(ResultSet row) throws SQLException {
    String id = row.getString(1);
    String document = row.getString(2);
    Decoded<T> known = decoded.get(id);
    if (known != null && known.document.equals(document)) {
      return known.record;
    }
    T record = codec.decode(id, document);
    decoded.put(id, new Decoded<>(document, record));
    return record;
  }

  private record Decoded<T>(String document, T record) {}
}
