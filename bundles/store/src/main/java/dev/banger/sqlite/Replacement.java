// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/**
 * A repaired database on its way to the place of the damaged one. From the moment it lies there as
 * {@code banger.db.repaired-<time>}, whoever opens the database next finishes the work, so that a
 * daemon which dies on the way leaves neither none nor one beside the write-ahead log of the other.
 *
 * @param database the place
 * @param time of the repair, which names the files
 */
record Replacement(Path database, String time) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss").withZone(ZoneOffset.UTC);
  private static final String REPAIRED = ".repaired-";

  /** A new one, whose names are not taken. */
  static Replacement at(Path database, Instant instant) {
    String time = TIME.format(instant);
    Replacement replacement = new Replacement(database, time);
    for (int i = 2; exists(replacement.repaired()) || exists(replacement.damaged()); i++) {
      replacement = new Replacement(database, time + "-" + i);
    }
    return replacement;
  }

  private Path repaired() {
    return Path.of(database + REPAIRED + time);
  }

  /** Where the damaged database is kept. */
  Path damaged() {
    return Path.of(database + ".damaged-" + time);
  }

  /** The damaged database, after the replacement; empty when there was none. */
  Optional<Path> keptFile() {
    return exists(damaged()) ? Optional.of(damaged()) : Optional.empty();
  }

  /** Decides: the staged database, which is complete and synced, will be the one. */
  void declare(Path staged) throws IOException {
    Files.move(staged, repaired(), StandardCopyOption.ATOMIC_MOVE);
    sync(database.getParent());
  }

  /** Finishes what was declared, if anything was; nobody may have the database open. */
  static void finish(Path database) throws IOException {
    String prefix = database.getFileName() + REPAIRED;
    try (DirectoryStream<Path> declared =
        Files.newDirectoryStream(
            database.getParent(), file -> file.getFileName().toString().startsWith(prefix))) {
      for (Path repaired : declared) {
        String time = repaired.getFileName().toString().substring(prefix.length());
        new Replacement(database, time).place();
      }
    }
  }

  private void place() throws IOException {
    if (exists(database) && !exists(damaged())) {
      Files.move(database, damaged(), StandardCopyOption.ATOMIC_MOVE);
    }
    Path log = Path.of(database + "-wal");
    if (exists(log)) {
      Files.move(log, Path.of(damaged() + "-wal"), StandardCopyOption.ATOMIC_MOVE);
    }
    Files.deleteIfExists(Path.of(database + "-shm")); // made anew from the log
    Files.move(repaired(), database, StandardCopyOption.ATOMIC_MOVE);
    sync(database.getParent());
  }

  private static boolean exists(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  private static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
