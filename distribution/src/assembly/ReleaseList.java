// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes the list of a release's files with their digests, by which an update knows whether a
 * release is whole and what it changes: {@code ReleaseList DISTRIBUTION VERSION JAVA}. What is made
 * on each host, or belongs to whoever uses the installation, is not in it.
 */
final class ReleaseList {
  private static final List<String> PARTS = List.of("bin", "conf", "lib", "optional", "system");

  public static void main(String[] arguments) throws IOException, NoSuchAlgorithmException {
    Path distribution = Path.of(arguments[0]);
    StringBuilder text = new StringBuilder("# The files of this release of banger\n");
    text.append("version=").append(arguments[1]).append('\n');
    text.append("java=").append(arguments[2]).append('\n');
    TreeMap<String, Path> files = new TreeMap<>();
    for (String part : PARTS) {
      try (Stream<Path> all = Files.walk(distribution.resolve(part))) {
        all.filter(Files::isRegularFile)
            .filter(file -> !file.toString().endsWith(".jsa"))
            .forEach(file -> files.put(distribution.relativize(file).toString(), file));
      }
    }
    for (var each : files.entrySet()) {
      text.append("sha256.").append(each.getKey()).append('=').append(sha256(each.getValue()));
      text.append('\n');
    }
    Files.writeString(distribution.resolve("release.properties"), text);
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (InputStream in = Files.newInputStream(file);
        OutputStream out =
            new java.security.DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      in.transferTo(out);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
