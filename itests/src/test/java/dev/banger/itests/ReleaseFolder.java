// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A release that tests make of what is installed: its files are the same ones unless changed. */
final class ReleaseFolder {
  private static final String LIST = "release.properties";

  private final Path root;

  private ReleaseFolder(Path root) {
    this.root = root;
  }

  static ReleaseFolder of(Path installed, Path root) throws IOException {
    Files.createDirectories(root);
    for (String line : Files.readAllLines(installed.resolve(LIST))) {
      if (line.startsWith("sha256.")) {
        String path = line.substring("sha256.".length(), line.indexOf('='));
        Files.createDirectories(root.resolve(path).getParent());
        Files.createLink(root.resolve(path), installed.resolve(path));
      }
    }
    Files.copy(installed.resolve(LIST), root.resolve(LIST));
    return new ReleaseFolder(root);
  }

  Path root() {
    return root;
  }

  /** Replaces a file, or adds one. */
  ReleaseFolder with(String path, Path file) throws IOException {
    Files.deleteIfExists(root.resolve(path));
    Files.copy(file, root.resolve(path));
    return this;
  }

  /** Gives a bundle another version. */
  ReleaseFolder bump(String path, String version) throws IOException {
    Path fresh = root.resolve(path + ".fresh");
    BundleFile.withVersion(root.resolve(path), version, fresh);
    with(path, fresh);
    Files.delete(fresh);
    return this;
  }

  /** Writes the list of the files as the build does. */
  ReleaseFolder named(String version) throws IOException {
    TreeMap<String, String> digests = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        digests.put(root.relativize(file).toString(), sha256(file));
      }
    }
    digests.remove(LIST);
    StringBuilder text = new StringBuilder("version=" + version + "\njava=17\n");
    digests.forEach((path, sha256) -> text.append("sha256." + path + "=" + sha256 + "\n"));
    Files.writeString(root.resolve(LIST), text);
    return this;
  }

  private static String sha256(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
