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

/** Writes files so that nobody sees half of one and a crash leaves the old one or the new one. */
final class DurableFile {
  /** No jar: what watches a directory for bundles takes no notice. */
  private static final String UNREADY = ".new";

  private DurableFile() {}

  /** Puts a copy of a file into a place, over whatever is there. */
  static void copy(Path from, Path place) throws IOException {
    Path unready = place.resolveSibling(place.getFileName() + UNREADY);
    try {
      Files.deleteIfExists(unready);
      try (FileChannel channel =
              FileChannel.open(unready, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
          InputStream in = Files.newInputStream(from)) {
        OutputStream out = Channels.newOutputStream(channel);
        in.transferTo(out);
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
