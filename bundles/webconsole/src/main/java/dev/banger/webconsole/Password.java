// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.webconsole;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;

/** A random password in a file that its owner alone can read. */
final class Password {
  private static final int BYTES = 24;
  private static final FileAttribute<?> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<?> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Path file;

  private Password(Path file) {
    this.file = file;
  }

  /** The password of a file, which is made with a new one when it is not there. */
  static Password in(Path file) throws IOException {
    Files.createDirectories(file.getParent(), PRIVATE_DIRECTORY);
    try {
      Files.createFile(file, PRIVATE_FILE);
      Files.writeString(file, random() + "\n");
    } catch (FileAlreadyExistsException e) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
    return new Password(file);
  }

  private static String random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  Path file() {
    return file;
  }

  /** Whether somebody knows it: asked of the file, so that a changed password counts at once. */
  boolean is(String given) throws IOException {
    String expected = Files.readString(file).strip();
    return !expected.isEmpty()
        && MessageDigest.isEqual(
            expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
  }
}
