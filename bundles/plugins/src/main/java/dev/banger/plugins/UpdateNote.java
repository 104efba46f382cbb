// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * That two versions of a plugin lie beside each other in {@code bundles/}, as long as nobody knows
 * which of them stays: a daemon that is killed then leaves it to the next one.
 */
final class UpdateNote {
  private static final String SUFFIX = ".updating";

  private final Path file;

  private UpdateNote(Path file) {
    this.file = file;
  }

  /**
   * The one about a plugin.
   *
   * @param directory the one of all notes
   */
  static UpdateNote about(String plugin, Path directory) {
    return new UpdateNote(directory.resolve(plugin + SUFFIX));
  }

  /** Those that are there. */
  static List<UpdateNote> all(Path directory) throws IOException {
    List<UpdateNote> notes = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
        files.forEach(each -> notes.add(new UpdateNote(each)));
      }
    }
    return notes;
  }

  /**
   * What it says.
   *
   * @param plugin the symbolic name of both
   * @param from the version of the old one
   * @param to that of the new one
   * @param sha256 of the new one
   * @param previous the file name of the old one
   * @param fresh that of the new one
   */
  record Text(
      String plugin, String from, String to, String sha256, String previous, String fresh) {}

  /** Writes it; it outlives whatever happens to the host from now on. */
  void write(Text text) throws IOException {
    Files.createDirectories(
        file.getParent(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Properties words = new Properties();
    words.setProperty("plugin", text.plugin());
    words.setProperty("from", text.from());
    words.setProperty("to", text.to());
    words.setProperty("sha256", text.sha256());
    words.setProperty("previous", text.previous());
    words.setProperty("fresh", text.fresh());
    try (FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        OutputStream out = Channels.newOutputStream(channel)) {
      words.store(out, null);
      channel.force(true);
    }
    sync(file.getParent());
  }

  /** Reads it; null when a crash kept it from being written, so that nothing had begun. */
  Text read() throws IOException {
    Properties words = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      words.load(in);
    } catch (IllegalArgumentException e) {
      return null; // It ends within a letter.
    }
    Text text =
        new Text(
            words.getProperty("plugin"),
            words.getProperty("from"),
            words.getProperty("to"),
            words.getProperty("sha256"),
            words.getProperty("previous"),
            words.getProperty("fresh"));
    return words.size() < Text.class.getRecordComponents().length ? null : text;
  }

  /** Removes it once what was done in a directory is there to stay. */
  void removeAfter(Path directory) throws IOException {
    sync(directory);
    Files.deleteIfExists(file);
  }

  private static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory)) {
      channel.force(true);
    }
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
