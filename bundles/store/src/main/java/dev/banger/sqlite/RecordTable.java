// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.event.Event;
import dev.banger.image.Image;
import dev.banger.vm.Vm;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A table whose rows are records, and how a row is known to be whole.
 *
 * @param name its name
 * @param codec of its documents
 * @param identity what of a record stands in columns of its own, by their names
 * @param present whether what a record describes is there, so that the record of an old copy does
 *     not bring back what was deleted since
 */
record RecordTable<T>(
    String name,
    RecordCodec<T> codec,
    Function<T, Map<String, String>> identity,
    Predicate<T> present) {
  static final RecordTable<Image> IMAGES =
      new RecordTable<>(
          "images",
          new RecordCodec<>(Image.class),
          image -> Map.of("id", image.id(), "name", image.name()),
          image -> image.rootfs() != null && Files.exists(image.rootfs()));

  static final RecordTable<Vm> MACHINES =
      new RecordTable<>(
          "vms",
          new RecordCodec<>(Vm.class),
          vm -> Map.of("id", vm.id(), "name", vm.name()),
          vm -> vm.files() != null && Files.isDirectory(vm.files().directory()));

  static final RecordTable<Event> EVENTS =
      new RecordTable<>(
          "events",
          new RecordCodec<>(Event.class),
          event -> Map.of("vm_id", event.vmId(), "vm_name", event.vmName()),
          event -> true);

  /** Those without which banger does not know its own: what refers to others comes later. */
  static final List<RecordTable<?>> ALL = List.of(IMAGES, MACHINES, EVENTS);

  /** How a row stands. */
  enum Standing {
    WHOLE,
    UNREADABLE,
    GONE
  }

  /**
   * Looks at a row.
   *
   * @param row its values by the names of their columns
   */
  Standing standing(Map<String, Object> row) {
    try {
      T record = codec.decode(name, String.valueOf(row.get("document")));
      if (record == null || !row.entrySet().containsAll(identity.apply(record).entrySet())) {
        return Standing.UNREADABLE;
      }
      return present.test(record) ? Standing.WHOLE : Standing.GONE;
    } catch (BangerException | NullPointerException e) {
      return Standing.UNREADABLE; // a record without what every record has is none
    }
  }

  /** How many rows of a database are no records. */
  int unreadable(Connection connection) throws SQLException {
    int[] unreadable = {0};
    new ReadableRows(connection, name, Schema.columns(connection, name))
        .forEach(
            row -> {
              if (standing(row) == Standing.UNREADABLE) {
                unreadable[0]++;
              }
            });
    return unreadable[0];
  }

  /** How many rows a database has. */
  int count(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM " + name)) {
      return row.next() ? row.getInt(1) : 0;
    }
  }
}
