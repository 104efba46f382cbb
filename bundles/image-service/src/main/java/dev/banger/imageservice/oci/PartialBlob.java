// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Set;

/**
 * A blob on its way: a file that grows and whose digest is known at each moment. It outlives the
 * process and becomes a blob of the cache only when it is whole. Used by one thread at a time.
 */
final class PartialBlob implements AutoCloseable {
  private static final int BUFFER = 1 << 18;

  private final Path file;
  private final Path published;
  private final FileChannel channel;
  private MessageDigest sum = OciDigest.newSha256();
  private long length;

  /**
   * Opens the file, and reads what has come before.
   *
   * @param published where it goes when it is whole
   * @throws BangerException CANCELLED or DEADLINE_EXCEEDED
   */
  PartialBlob(Path file, Path published, Operation operation) throws IOException {
    this.file = file;
    this.published = published;
    this.channel =
        FileChannel.open(
            file,
            Set.of(
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE,
                LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      readAgain(operation);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void readAgain(Operation operation) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    while (channel.read(buffer) >= 0) {
      buffer.flip();
      length += buffer.remaining();
      sum.update(buffer);
      buffer.clear();
      operation.check();
    }
  }

  /** How many bytes have come. */
  long length() {
    return length;
  }

  /** Forgets what has come. */
  void restart() throws IOException {
    channel.truncate(0);
    channel.position(0);
    sum = OciDigest.newSha256();
    length = 0;
  }

  /** Adds what has come next. */
  void write(ByteBuffer piece) throws IOException {
    sum.update(piece.duplicate());
    length += piece.remaining();
    while (piece.hasRemaining()) {
      channel.write(piece);
    }
  }

  /**
   * Moves the file into the cache when it is what it must be; else it is removed.
   *
   * @return where it lies now
   * @throws BangerException OPERATION_FAILED when it is something else
   */
  Path publish(OciDigest digest, long size) throws IOException {
    OciDigest own = OciDigest.ofSum(sum.digest());
    if (length != size || !own.equals(digest)) {
      Files.delete(file);
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "what came for %s is %s of %d bytes instead of %d; it was thrown away"
              .formatted(digest, own, length, size));
    }
    channel.force(true);
    Files.move(file, published, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel directory = FileChannel.open(published.getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
    return published;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
