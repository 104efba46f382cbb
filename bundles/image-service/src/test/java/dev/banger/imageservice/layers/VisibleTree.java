// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.banger.ext4.Ext4FileType;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** A tree as find(1), stat(1) and sha256sum(1) see it. */
final class VisibleTree {
  private static final int TYPE_SHIFT = 12;

  private VisibleTree() {}

  /** Skips where this user cannot mount. */
  static void assumeMountable() throws IOException {
    assumeTrue(isMountable(), "this user cannot loop-mount ext4 here");
  }

  static boolean isMountable() throws IOException {
    Path home = Files.createTempDirectory("probe");
    Path image = home.resolve("image");
    try (Ext4ImageWriter writer =
        Ext4ImageWriter.create(image, Ext4Options.ofSize(1 << 20).build())) {
      writer.finish();
    }
    Path point = Files.createDirectory(home.resolve("mount"));
    boolean mounted =
        HostTool.exists("mount")
            && HostTool.run("mount", "-o", "loop,ro", image.toString(), point.toString()).status()
                == 0;
    if (mounted) {
      HostTool.output("umount", point.toString());
    }
    Files.delete(point);
    Files.delete(image);
    Files.delete(home);
    return mounted;
  }

  /** What to do with a mounted image. */
  interface Look {
    void at(Path root) throws IOException;
  }

  static void mounted(Path image, Look look) throws IOException {
    Path point = Files.createTempDirectory("mount");
    HostTool.output("mount", "-t", "ext4", "-o", "loop,ro", image.toString(), point.toString());
    try {
      look.at(point);
    } finally {
      HostTool.output("umount", point.toString());
      Files.delete(point);
    }
  }

  /**
   * Describes all entries: type, mode, owners, device, content, hard links; times of all but
   * directories, which programs set as they please when no entry names them.
   */
  static Map<String, String> describe(Path root) {
    Map<String, String> contents = new HashMap<>();
    for (String line : find(root, "-type", "f", "-exec", "sha256sum", "-bz", "{}", "+")) {
      contents.put(line.substring(66), line.substring(0, 64));
    }
    for (String line : find(root, "-type", "l", "-printf", "%p//%l\\0")) {
      contents.put(line.split("//", 2)[0], line.split("//", 2)[1]);
    }
    Map<String, String> firstNames = new TreeMap<>();
    Map<String, String[]> rows = new TreeMap<>();
    for (String line :
        find(root, "-exec", "stat", "--printf", "%f %u:%g %.9Y %t:%T %i //%n\\0", "{}", "+")) {
      String[] halves = line.split("//", 2);
      String name = halves[1].substring(root.toString().length());
      rows.put(name, halves[0].split(" ", -1));
    }
    Map<String, String> lines = new TreeMap<>();
    rows.forEach(
        (name, fields) -> {
          Ext4FileType type = type(Integer.parseInt(fields[0], 16));
          String text = type + " " + fields[0] + " " + fields[1] + " " + fields[3];
          if (type != Ext4FileType.DIRECTORY) {
            // Inode numbers differ; which names share one does not.
            text += " " + fields[2] + " as " + firstNames.merge(fields[4], name, (a, b) -> a);
          }
          lines.put(name, text + " " + contents.getOrDefault(root + name, ""));
        });
    return lines;
  }

  private static Ext4FileType type(int mode) {
    return switch (mode >> TYPE_SHIFT) {
      case 1 -> Ext4FileType.FIFO;
      case 2 -> Ext4FileType.CHARACTER_DEVICE;
      case 4 -> Ext4FileType.DIRECTORY;
      case 6 -> Ext4FileType.BLOCK_DEVICE;
      case 8 -> Ext4FileType.FILE;
      case 10 -> Ext4FileType.SYMLINK;
      default -> throw new AssertionError("mode " + Integer.toHexString(mode));
    };
  }

  private static String[] find(Path root, String... action) {
    String[] find = {
      "find", root.toString(), "-mindepth", "1", "-name", "lost+found", "-prune", "-o"
    };
    String[] words = new String[find.length + action.length];
    System.arraycopy(find, 0, words, 0, find.length);
    System.arraycopy(action, 0, words, find.length, action.length);
    String output = HostTool.output(words);
    return output.isEmpty() ? new String[0] : output.split("\0", 0);
  }
}
