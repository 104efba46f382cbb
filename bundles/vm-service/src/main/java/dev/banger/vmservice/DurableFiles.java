// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Files and directories that only their owner may read, written whole or not at all. */
final class DurableFiles {
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> DIRECTORY =
      PosixFilePermissions.fromString("rwx------");

  private DurableFiles() {}

  /** Replaces a file: readers see the old one or the new one, also after a crash. */
  static void write(Path file, byte[] content) {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.deleteIfExists(fresh);
      try (FileChannel channel =
          FileChannel.open(
              fresh,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(FILE))) {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      forceDirectory(file);
    } catch (IOException e) {
      BangerException error = failed("cannot write " + file, e);
      try {
        Files.deleteIfExists(fresh);
      } catch (IOException left) {
        error.addSuppressed(left);
      }
      throw error;
    }
  }

  /** Makes an empty file that is there after a crash, too; there already: nothing happens. */
  static void makeEmpty(Path file) {
    try {
      if (!Files.exists(file)) {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(FILE));
      }
      forceDirectory(file);
    } catch (IOException e) {
      throw failed("cannot make " + file, e);
    }
  }

  /** Moves a file that another program wrote to its place beside it: there whole or not at all. */
  static void publish(Path fresh, Path file) {
    try {
      try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      forceDirectory(file);
    } catch (IOException e) {
      throw failed("cannot make " + file, e);
    }
  }

  private static void forceDirectory(Path entry) throws IOException {
    try (FileChannel directory = FileChannel.open(entry.toAbsolutePath().getParent())) {
      directory.force(true);
    }
  }

  /** Makes a directory and those above it; there already: nothing happens. */
  static void makeDirectory(Path directory) {
    try {
      Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(DIRECTORY));
    } catch (IOException e) {
      throw failed("cannot make the directory " + directory, e);
    }
  }

  /** Deletes a file; none there: nothing happens. */
  static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw failed("cannot delete " + file, e);
    }
  }

  /**
   * Deletes a directory and all below it, following no link; none there: nothing happens. What
   * cannot be deleted keeps nothing else from being deleted.
   */
  static void deleteTree(Path directory) {
    List<IOException> left = new ArrayList<>();
    try {
      Files.walkFileTree(directory, new Deleting(left));
    } catch (IOException e) {
      left.add(e);
    }
    if (!left.isEmpty()) {
      BangerException error = failed("cannot delete all of " + directory, left.get(0));
      left.stream().skip(1).forEach(error::addSuppressed);
      throw error;
    }
  }

  /** An error about a file, with the code that fits. */
  static BangerException failed(String what, Exception e) {
    String reason =
        e instanceof FileSystemException fileSystem && fileSystem.getReason() != null
            ? fileSystem.getReason()
            : String.valueOf(e.getMessage());
    boolean full = reason.contains("No space left") || reason.contains("Disk quota exceeded");
    return new BangerException(
        full ? ErrorCode.NO_SPACE : ErrorCode.OPERATION_FAILED, what + ": " + reason, e);
  }

  /** Deletes what it visits and goes on. */
  private static final class Deleting extends SimpleFileVisitor<Path> {
    private final List<IOException> left;

    Deleting(List<IOException> left) {
      this.left = left;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      return delete(file);
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      if (!(e instanceof NoSuchFileException)) {
        left.add(e);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path visited, IOException e) {
      if (e != null) {
        left.add(e);
      }
      return delete(visited);
    }

    private FileVisitResult delete(Path entry) {
      try {
        Files.deleteIfExists(entry);
      } catch (IOException e) {
        left.add(e);
      }
      return FileVisitResult.CONTINUE;
    }
  }
}
