// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Removes a directory and what is in it: never through a symbolic link, never into another file
 * system, and as much as can be removed whatever fails.
 */
public final class TreeRemoval extends SimpleFileVisitor<Path> {
  private final Object device;
  private IOException failure;

  private TreeRemoval(Object device) {
    this.device = device;
  }

  /**
   * Removes a tree; none there: nothing happens.
   *
   * @throws IOException the first failure with the others suppressed, after all was tried
   */
  public static void remove(Path root) throws IOException {
    Object device;
    try {
      device = deviceOf(root);
    } catch (NoSuchFileException e) {
      return;
    }
    TreeRemoval removal = new TreeRemoval(device);
    Files.walkFileTree(root, removal);
    if (removal.failure != null) {
      throw removal.failure;
    }
  }

  /** Removes a tree after a failure, to which what goes wrong here is added. */
  public static void removeAfter(Throwable failure, Path root) {
    try {
      remove(root);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static Object deviceOf(Path path) throws IOException {
    return Files.getAttribute(path, "unix:dev", LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
    try {
      if (!deviceOf(directory).equals(device)) {
        failed(new IOException(directory + " is another file system; it was left alone"));
        return FileVisitResult.SKIP_SUBTREE;
      }
    } catch (IOException e) {
      failed(e);
      return FileVisitResult.SKIP_SUBTREE;
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
    return delete(file);
  }

  @Override
  public FileVisitResult visitFileFailed(Path file, IOException e) {
    failed(e);
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult postVisitDirectory(Path directory, IOException e) {
    if (e != null) {
      failed(e);
    }
    return delete(directory);
  }

  private FileVisitResult delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      failed(e);
    }
    return FileVisitResult.CONTINUE;
  }

  private void failed(IOException e) {
    if (failure == null) {
      failure = e;
    } else {
      failure.addSuppressed(e);
    }
  }
}
