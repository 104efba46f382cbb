// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The directory where jars wait while they are looked at. */
final class Staging {
  /** Far more than any bundle has; a bound on what a mistake can fill the disk with. */
  static final long SIZE_LIMIT = 256L << 20;

  private static final Logger LOG = LoggerFactory.getLogger(Staging.class);
  private static final String PREFIX = "staged-";

  private final Path directory;

  /**
   * @param cache banger's directory for what can be made again
   */
  Staging(Path cache) {
    this.directory = cache.resolve("plugins");
  }

  /** Removes what a daemon that was killed has left. */
  void clear() {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path each : left) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      LOG.warn("{} could not be cleared", directory, e);
    }
  }

  /**
   * Takes a copy of a file.
   *
   * @throws BangerException NOT_FOUND when it is not there, BAD_REQUEST when it is no bundle
   */
  StagedJar copyOf(Path jar, Operation operation) {
    if (!Files.isRegularFile(jar)) {
      throw new BangerException(ErrorCode.NOT_FOUND, "there is no file " + jar);
    }
    try (InputStream in = Files.newInputStream(jar)) {
      return take(in, jar.toString(), operation);
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, jar + " cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Takes a copy of what a stream gives.
   *
   * @param label what it is called in messages
   * @throws BangerException BAD_REQUEST when it is no bundle, or too large to be one
   */
  StagedJar take(InputStream in, String label, Operation operation) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path file =
        Files.createTempFile(
            directory,
            PREFIX,
            ".jar",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    boolean taken = false;
    try {
      try (OutputStream out = Files.newOutputStream(file)) {
        copy(in, out, label);
      }
      StagedJar staged = new StagedJar(file, JarFacts.of(file, operation));
      taken = true;
      return staged;
    } catch (BangerException e) {
      throw new BangerException(e.code(), e.getMessage().replace(file.toString(), label), e);
    } finally {
      if (!taken) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static void copy(InputStream in, OutputStream out, String label) throws IOException {
    byte[] buffer = new byte[64 << 10];
    long size = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      size += n;
      if (size > SIZE_LIMIT) {
        throw new BangerException(
            ErrorCode.BAD_REQUEST,
            label + " is larger than " + (SIZE_LIMIT >> 20) + " MiB, which no plugin may be");
      }
      out.write(buffer, 0, n);
    }
  }
}
