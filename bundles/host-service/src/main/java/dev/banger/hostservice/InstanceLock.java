// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Keeps a second daemon away from a state directory. The lock lies with the state and not with the
 * sockets, since two sessions of one user may have different run directories. The kernel gives it
 * up when the process ends, however it ends.
 */
final class InstanceLock implements AutoCloseable {
  private final FileChannel channel;

  private InstanceLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws BangerException IN_USE when another daemon holds it
   */
  static InstanceLock acquire(Path state) {
    Path file = state.resolve("bangerd.lock");
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              file,
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      FileLock lock = tryLock(channel);
      if (lock != null) {
        InstanceLock held = new InstanceLock(channel);
        channel = null;
        return held;
      }
    } catch (IOException e) {
      throw new BangerException(ErrorCode.HOST_UNFIT, "cannot lock " + file + ": " + e, e);
    } finally {
      closeQuietly(channel);
    }
    throw new BangerException(
        ErrorCode.IN_USE,
        "another bangerd uses "
            + state
            + ": stop it with 'banger daemon stop', or set BANGER_HOME for a second one");
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by another framework in this process
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // Nothing was written through it.
    }
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }
}
