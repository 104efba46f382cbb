// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** A tree as find(1), stat(1) and sha256sum(1) see it, described as {@link ModelTree} does. */
final class VisibleTree {
  private static final int MODE_BITS = 07777;

  private VisibleTree() {}

  static Map<String, String> describe(Path root, boolean withMetadata) {
    String[] find = {
      "find", root.toString(), "-mindepth", "1", "-name", "lost+found", "-prune", "-o"
    };
    Map<String, String> contents = new HashMap<>();
    for (String line : records(find, "-type", "f", "-exec", "sha256sum", "-bz", "{}", "+")) {
      contents.put(line.substring(66), line.substring(0, 64));
    }
    for (String line : records(find, "-type", "l", "-printf", "%p//%l\\0")) {
      contents.put(line.split("//", 2)[0], line.split("//", 2)[1]);
    }
    Map<String, String> lines = new TreeMap<>();
    String format = "%f %u:%g %.9Y %h %t:%T //%n\\0";
    for (String line : records(find, "-exec", "stat", "--printf", format, "{}", "+")) {
      String[] halves = line.split("//", 2);
      String[] fields = halves[0].split(" ", -1);
      int mode = Integer.parseInt(fields[0], 16);
      Ext4FileType type = Ext4FileType.ofMode(mode);
      String text = type + " ";
      if (withMetadata) {
        text += Integer.toOctalString(mode & MODE_BITS) + " " + fields[1] + " " + fields[2] + " ";
        text += type == Ext4FileType.DIRECTORY ? "" : fields[3] + " ";
        boolean device = type == Ext4FileType.BLOCK_DEVICE || type == Ext4FileType.CHARACTER_DEVICE;
        if (device) {
          String[] numbers = fields[4].split(":", -1);
          text += Integer.parseInt(numbers[0], 16) + ":" + Integer.parseInt(numbers[1], 16) + " ";
        }
      }
      text += contents.getOrDefault(halves[1], "");
      lines.put(halves[1].substring(root.toString().length() + 1), text);
    }
    return lines;
  }

  private static String[] records(String[] find, String... action) {
    String[] words = new String[find.length + action.length];
    System.arraycopy(find, 0, words, 0, find.length);
    System.arraycopy(action, 0, words, find.length, action.length);
    String output = Command.output(words);
    return output.isEmpty() ? new String[0] : output.split("\0", 0);
  }
}
