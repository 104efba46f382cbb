// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * The text of a {@code .cfg} file: a properties file, whose comments, order and spacing survive a
 * change.
 */
final class CfgFile {
  /** Far above what anybody writes by hand, far below what would hurt. */
  private static final long LARGEST = 1 << 20;

  private final List<String> entries;

  private CfgFile(List<String> entries) {
    this.entries = List.copyOf(entries);
  }

  /**
   * Reads a file; one that is not there has no lines.
   *
   * @throws IOException when it cannot be read or is no properties file
   */
  static CfgFile read(Path file) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return new CfgFile(List.of());
    }
    if (!Files.isRegularFile(file)) {
      throw new IOException("is no regular file");
    }
    if (Files.size(file) > LARGEST) {
      throw new IOException("is larger than 1 MiB");
    }
    CfgFile read = parse(Files.readString(file, StandardCharsets.ISO_8859_1));
    try {
      read.values();
    } catch (IllegalArgumentException e) {
      throw new IOException("is no properties file: " + e.getMessage(), e);
    }
    return read;
  }

  static CfgFile parse(String text) {
    List<String> entries = new ArrayList<>();
    StringBuilder entry = new StringBuilder();
    for (String line : text.lines().toList()) {
      boolean begins = entry.isEmpty();
      entry.append(line).append('\n');
      if (begins && isComment(line) || !continues(line)) {
        entries.add(entry.toString());
        entry.setLength(0);
      }
    }
    if (!entry.isEmpty()) {
      entries.add(entry.toString());
    }
    return new CfgFile(entries);
  }

  private static boolean isComment(String line) {
    String text = line.strip();
    return text.isEmpty() || text.startsWith("#") || text.startsWith("!");
  }

  private static boolean continues(String line) {
    int backslashes = 0;
    while (backslashes < line.length() && line.charAt(line.length() - 1 - backslashes) == '\\') {
      backslashes++;
    }
    return backslashes % 2 == 1;
  }

  /** The values by their keys, without the blanks around them. */
  Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    for (String entry : entries) {
      properties(entry).forEach((key, value) -> values.put(key.toString(), value.toString()));
    }
    values.replaceAll((key, value) -> value.strip());
    return values;
  }

  /** The file with a key of this value, in the place where it stood last. */
  CfgFile with(String key, String value) {
    String line = escaped(key, true) + " = " + escaped(value, false) + "\n";
    List<String> changed = new ArrayList<>(entries);
    for (int i = changed.size() - 1; i >= 0; i--) {
      if (properties(changed.get(i)).containsKey(key)) {
        changed.set(i, line);
        return new CfgFile(changed);
      }
    }
    changed.add(line);
    return new CfgFile(changed);
  }

  /** The file without a key. */
  CfgFile without(String key) {
    return new CfgFile(
        entries.stream().filter(entry -> !properties(entry).containsKey(key)).toList());
  }

  String text() {
    return String.join("", entries);
  }

  private static Properties properties(String entry) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(entry));
    } catch (IOException e) {
      throw new IllegalStateException(e); // a string can always be read
    }
    return properties;
  }

  private static String escaped(String text, boolean key) {
    StringBuilder escaped = new StringBuilder();
    for (char c : text.toCharArray()) {
      if (c == '\\' || key && (c == ' ' || c == '=' || c == ':' || c == '#' || c == '!')) {
        escaped.append('\\').append(c);
      } else if (c < 0x20 || c > 0x7e) {
        escaped.append(String.format("\\u%04x", (int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }
}
