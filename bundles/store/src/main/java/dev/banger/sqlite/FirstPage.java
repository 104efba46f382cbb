// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The first page of a database: its header and the list of its tables, without which SQLite reads
 * nothing. It is the same in every database that the same migrations made, but for the header's
 * numbers.
 *
 * @see <a href="https://www.sqlite.org/fileformat2.html#the_database_header">the format</a>
 */
final class FirstPage {
  private static final int PAGE_SIZE_OFFSET = 16;
  private static final int PAGE_COUNT_OFFSET = 28;

  private FirstPage() {}

  /**
   * Writes the first page of a sound database over that of a damaged one.
   *
   * @param like a database of the same schema
   */
  static void renew(Path damaged, Path like) throws IOException {
    byte[] sound = Files.readAllBytes(like);
    ByteBuffer header = ByteBuffer.wrap(sound);
    int pageSize = header.getShort(PAGE_SIZE_OFFSET) & 0xffff;
    header.putInt(PAGE_COUNT_OFFSET, Math.toIntExact(Files.size(damaged) / pageSize));
    try (FileChannel channel = FileChannel.open(damaged, StandardOpenOption.WRITE)) {
      channel.write(header.limit(pageSize).position(0), 0);
    }
  }
}
