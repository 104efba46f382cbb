// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.workdisk;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.image.Image;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

/**
 * The disk that holds the home of root, made of the image's work seed. The guest makes its file
 * system as large as the disk.
 */
final class WorkDisk {
  /** What the disk is called in the guest. */
  static final String SERIAL = "work";

  /** Where the guest mounts it. */
  static final String MOUNT_POINT = "/root";

  private static final int BLOCK = 64 * 1024;
  private static final byte[] ZEROS = new byte[BLOCK];

  private WorkDisk() {}

  /** The disk as the hypervisor gets it. */
  static Disk of(Vm vm) {
    return new Disk(SERIAL, vm.files().workDisk(), Disk.Format.RAW, false);
  }

  /**
   * Makes it, whole or not at all: a crash or a failure leaves no disk, at most a file that the
   * next attempt replaces and that vanishes with the machine.
   *
   * @throws BangerException CORRUPT when the image has no work seed, NO_SPACE, OPERATION_FAILED
   */
  static void make(Vm vm, Image image, Operation operation) {
    if (image.workSeed() == null) {
      throw noSeed(image, null);
    }
    Path file = vm.files().workDisk();
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.deleteIfExists(fresh);
      write(fresh, vm, image, operation);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      forceDirectory(file);
    } catch (IOException | BangerException e) {
      BangerException failure =
          e instanceof BangerException known
              ? known
              : failed("cannot make the work disk " + file, e);
      discard(fresh, failure);
      throw failure;
    }
  }

  private static void write(Path fresh, Vm vm, Image image, Operation operation)
      throws IOException {
    try (InputStream seed = Files.newInputStream(image.workSeed());
        FileChannel disk =
            FileChannel.open(
                fresh,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-------")))) {
      copy(seed, disk, operation);
      extend(disk, vm.spec().workDiskBytes());
      disk.force(true);
    } catch (NoSuchFileException e) {
      throw noSeed(image, e);
    }
  }

  private static void forceDirectory(Path entry) throws IOException {
    try (FileChannel directory = FileChannel.open(entry.toAbsolutePath().getParent())) {
      directory.force(true);
    }
  }

  private static void discard(Path fresh, BangerException failure) {
    try {
      Files.deleteIfExists(fresh);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static BangerException failed(String what, Exception e) {
    String reason =
        e instanceof FileSystemException fileSystem && fileSystem.getReason() != null
            ? fileSystem.getReason()
            : String.valueOf(e.getMessage());
    boolean full = reason.contains("No space left") || reason.contains("Disk quota exceeded");
    return new BangerException(
        full ? ErrorCode.NO_SPACE : ErrorCode.OPERATION_FAILED, what + ": " + reason, e);
  }

  /** Zeros take no room. */
  private static void copy(InputStream seed, FileChannel disk, Operation operation)
      throws IOException {
    byte[] buffer = new byte[BLOCK];
    long position = 0;
    for (int length = seed.readNBytes(buffer, 0, BLOCK);
        length > 0;
        length = seed.readNBytes(buffer, 0, BLOCK)) {
      operation.check();
      if (!Arrays.equals(buffer, 0, length, ZEROS, 0, length)) {
        write(disk, position, ByteBuffer.wrap(buffer, 0, length));
      }
      position += length;
    }
  }

  private static void extend(FileChannel disk, long size) throws IOException {
    if (disk.size() < size) {
      write(disk, size - 1, ByteBuffer.allocate(1));
    }
  }

  private static void write(FileChannel disk, long position, ByteBuffer bytes) throws IOException {
    disk.position(position);
    while (bytes.hasRemaining()) {
      disk.write(bytes);
    }
  }

  private static BangerException noSeed(Image image, Exception cause) {
    return new BangerException(
        ErrorCode.CORRUPT,
        "the image %s has no work seed any more; make it anew with: banger image refresh-seed %s"
            .formatted(image.name(), image.name()),
        cause);
  }
}
