// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Writes files so that nobody sees half of one and a crash leaves the old one or the new one. */
final class DurableFile {
  /** No jar: what watches a directory for bundles takes no notice. */
  private static final String UNREADY = ".new";

  private DurableFile() {}

  /**
   * Puts a copy of a file of the installation into a place, over whatever is there. Whoever may use
   * what is replaced may use the copy: the daemon's own umask lets nobody.
   */
  static void copy(Path from, Path place) throws IOException {
    copy(from, place, permissions(place));
  }

  /** Puts a copy into a place that is nobody's but the user's. */
  static void copyPrivately(Path from, Path place) throws IOException {
    copy(from, place, PosixFilePermissions.fromString("rw-------"));
  }

  /** What a file of the installation allows, or should when it is not there yet. */
  static Set<PosixFilePermission> permissions(Path place) throws IOException {
    if (Files.isRegularFile(place)) {
      return Files.getPosixFilePermissions(place);
    }
    boolean program =
        place.getFileName().toString().equals("recover")
            || place.toAbsolutePath().getParent().endsWith("bin");
    return PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--");
  }

  /** As above, with permissions that are there before anybody sees the file. */
  static void copy(Path from, Path place, Set<PosixFilePermission> permissions) throws IOException {
    Path unready = place.resolveSibling(place.getFileName() + UNREADY);
    try {
      Files.deleteIfExists(unready);
      try (FileChannel channel =
              FileChannel.open(unready, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
          InputStream in = Files.newInputStream(from)) {
        OutputStream out = Channels.newOutputStream(channel);
        in.transferTo(out);
        Files.setPosixFilePermissions(unready, permissions);
        channel.force(true);
      }
      Files.move(unready, place, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(unready);
    }
    sync(place.getParent());
  }

  private static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory)) {
      channel.force(true);
    }
  }
}
