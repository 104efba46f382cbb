// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a tree should look like after a row of entries, told in the simplest way. */
final class ModelTree {
  /** An inode: hard links share it. */
  static final class Node {
    final Ext4FileType type;
    Ext4Metadata metadata;
    byte[] content = {};
    int major;
    int minor;

    Node(Ext4FileType type, Ext4Metadata metadata) {
      this.type = type;
      this.metadata = metadata;
    }
  }

  record Entry(Node node, int layer) {}

  static final Ext4Metadata IMPLIED = Ext4Metadata.of(0755, 0, 0, Instant.EPOCH);

  /** By path, names one character for each byte. */
  private final TreeMap<String, Entry> entries = new TreeMap<>();

  private int layer;

  Map<String, Entry> entries() {
    return entries;
  }

  void beginLayer() {
    layer++;
  }

  Node node(String path) {
    Entry entry = entries.get(path);
    return entry == null ? null : entry.node;
  }

  /** Whether every parent is a directory or absent. */
  boolean takes(String path) {
    for (String parent : parents(path)) {
      Node node = node(parent);
      if (node != null && node.type != Ext4FileType.DIRECTORY) {
        return false;
      }
    }
    return true;
  }

  private static List<String> parents(String path) {
    List<String> parents = new ArrayList<>();
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      parents.add(path.substring(0, slash));
    }
    return parents;
  }

  void put(String path, Node node) {
    for (String parent : parents(path)) {
      entries.putIfAbsent(parent, new Entry(new Node(Ext4FileType.DIRECTORY, IMPLIED), layer));
    }
    Node old = node(path);
    boolean merged =
        old != null && old.type == Ext4FileType.DIRECTORY && node.type == Ext4FileType.DIRECTORY;
    if (!merged) {
      remove(path);
    }
    entries.put(path, new Entry(node, layer));
  }

  void remove(String path) {
    entries.keySet().removeIf(key -> key.equals(path) || key.startsWith(path + "/"));
  }

  void whiteout(String path) {
    hide(path, true);
  }

  void opaque(String path) {
    Node node = node(path);
    if (node != null && node.type == Ext4FileType.DIRECTORY) {
      hide(path, false);
    }
  }

  private void hide(String path, boolean self) {
    List<String> candidates =
        entries.keySet().stream()
            .filter(key -> (self && key.equals(path)) || key.startsWith(path + "/"))
            .toList();
    // Children come after their parents, so backwards they are decided first.
    for (int i = candidates.size() - 1; i >= 0; i--) {
      String key = candidates.get(i);
      boolean holds = entries.keySet().stream().anyMatch(other -> other.startsWith(key + "/"));
      if (entries.get(key).layer < layer && !holds) {
        entries.remove(key);
      }
    }
  }

  private static String decimal(Instant time) {
    BigDecimal nanos = BigDecimal.valueOf(time.getNano(), 9);
    return BigDecimal.valueOf(time.getEpochSecond()).add(nanos).toPlainString();
  }

  /** Each path with all that stat(2) and the content say. */
  Map<String, String> describe(boolean withMetadata) {
    Map<String, String> lines = new TreeMap<>();
    entries.forEach(
        (path, entry) -> {
          Node node = entry.node;
          Ext4Metadata metadata = node.metadata;
          String line = node.type + " ";
          if (withMetadata) {
            long links = entries.values().stream().filter(e -> e.node == node).count();
            boolean link = node.type == Ext4FileType.SYMLINK;
            line +=
                String.format(
                    "%o %d:%d %s ",
                    link ? 0777 : metadata.mode(),
                    metadata.uid(),
                    metadata.gid(),
                    decimal(metadata.mtime()));
            line += node.type == Ext4FileType.DIRECTORY ? "" : links + " ";
            boolean device =
                node.type == Ext4FileType.BLOCK_DEVICE
                    || node.type == Ext4FileType.CHARACTER_DEVICE;
            line += device ? node.major + ":" + node.minor + " " : "";
          }
          switch (node.type) {
            case FILE -> line += Sha256.of(node.content);
            case SYMLINK -> line += new String(node.content, ISO_8859_1);
            default -> {}
          }
          lines.put(path, line);
        });
    return lines;
  }
}
