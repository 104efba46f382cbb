// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import java.util.List;

/**
 * One step of the schema, forward only. What has been released is never edited; a change is a new
 * migration.
 *
 * @param id its place in the order: 1, 2, 3 …
 * @param name what it does, in words joined by underscores
 * @param statements run in order, in one transaction with the row that records them
 */
record Migration(int id, String name, List<String> statements) {
  Migration {
    statements = List.copyOf(statements);
  }
}
