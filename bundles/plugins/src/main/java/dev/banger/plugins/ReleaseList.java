// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The list of a release's files, {@code release.properties} in its directory.
 *
 * @param version of the release
 * @param java the oldest Java that it runs on
 * @param files the sha256 of each file, by its path from the release's directory on
 * @param sha256 of the list itself
 */
record ReleaseList(String version, int java, SortedMap<String, String> files, String sha256) {
  /** The list's own name. */
  static final String NAME = "release.properties";

  private static final String PREFIX = "sha256.";

  /**
   * What an update may write: never what belongs to those who use the installation, and nothing
   * that a shell or a file system could read as more than a name.
   */
  private static final Pattern PATH =
      Pattern.compile("(bin|conf|lib|optional|system/[0-9]{1,3})(/[A-Za-z0-9_][A-Za-z0-9._+-]*)+");

  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,99}");
  private static final int SIZE_LIMIT = 1 << 20;

  ReleaseList {
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
  }

  /**
   * Reads the list of a release.
   *
   * @param root the release's directory
   * @throws BangerException BAD_REQUEST when it has none, or one that is no list of a release
   */
  static ReleaseList of(Path root) {
    Path file = root.resolve(NAME);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          root + " is no release of banger that can be updated to: it has no " + NAME);
    }
    try {
      if (Files.size(file) > SIZE_LIMIT) {
        throw bad(file, "it is larger than " + SIZE_LIMIT + " bytes");
      }
      Properties properties = new Properties();
      try (Reader in = new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8)) {
        properties.load(in);
      }
      return of(file, properties);
    } catch (IOException | IllegalArgumentException e) {
      throw bad(file, e.getMessage());
    }
  }

  private static ReleaseList of(Path file, Properties properties) throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    for (String key : properties.stringPropertyNames()) {
      if (key.startsWith(PREFIX)) {
        String path = key.substring(PREFIX.length());
        files.put(path, checked(file, path, properties.getProperty(key)));
      }
    }
    String version = properties.getProperty("version", "");
    String java = properties.getProperty("java", "");
    if (!VERSION.matcher(version).matches() || !java.matches("[0-9]{1,3}")) {
      throw bad(file, "it tells no version, or not which Java is needed");
    }
    for (String needed : new String[] {"bin/banger", "bin/bangerd", "lib/recover"}) {
      if (!files.containsKey(needed)) {
        throw bad(file, "it does not name " + needed);
      }
    }
    return new ReleaseList(version, Integer.parseInt(java), files, Digests.sha256(file));
  }

  private static String checked(Path file, String path, String digest) {
    if (!PATH.matcher(path).matches()) {
      throw bad(file, "'" + path + "' is no place of a release's file");
    }
    if (!DIGEST.matcher(digest).matches()) {
      throw bad(file, path + " has no sha256");
    }
    return digest;
  }

  private static BangerException bad(Path file, String why) {
    return new BangerException(ErrorCode.BAD_REQUEST, file + " is no list of a release: " + why);
  }

  /**
   * Compares a release's files with the list.
   *
   * @throws BangerException CORRUPT when one is missing or another one
   */
  void verify(Path root) {
    for (Map.Entry<String, String> each : files.entrySet()) {
      verify(root, each.getKey());
    }
  }

  /** Compares one file with the list. */
  void verify(Path root, String path) {
    Path file = root.resolve(path);
    try {
      if (!isPlain(root, file)) {
        throw new BangerException(
            ErrorCode.CORRUPT,
            "the release is not whole: it has no file " + path + "; get it once more");
      }
      if (!Digests.sha256(file).equals(files.get(path))) {
        throw new BangerException(
            ErrorCode.CORRUPT,
            path + " of the release is damaged, or was changed; get the release once more");
      }
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** A file that is reached without any link. */
  private static boolean isPlain(Path root, Path file) {
    for (Path each = file.getParent(); !each.equals(root); each = each.getParent()) {
      if (!Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
    }
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }
}
