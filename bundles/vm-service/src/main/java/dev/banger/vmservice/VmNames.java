// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Names of machines: DNS labels (RFC 1035), since a name becomes a host name, a part of a path and
 * a word of the kernel's command line. Never normalised. None looks like an id, which would go
 * before it wherever a machine is named.
 */
final class VmNames {
  /** RFC 1035, 2.3.4. */
  static final int MAXIMUM_LENGTH = 63;

  private static final List<String> FIRST =
      List.of(
          "amber", "bold", "brisk", "calm", "clear", "coral", "crisp", "deep", "dusty", "early",
          "fair", "fleet", "fresh", "gentle", "golden", "grand", "green", "happy", "hazel", "keen",
          "late", "lively", "lucky", "mellow", "mild", "misty", "noble", "olive", "pale", "plain",
          "polar", "proud", "quick", "quiet", "rapid", "rosy", "rustic", "sandy", "sharp", "silent",
          "silver", "sleek", "smart", "snowy", "solid", "steady", "sunny", "swift", "tidy", "warm",
          "wild", "wise");
  private static final List<String> SECOND =
      List.of(
          "acorn", "badger", "beach", "birch", "breeze", "brook", "canyon", "cedar", "cliff",
          "cloud", "comet", "cove", "crane", "creek", "delta", "dune", "ember", "falcon", "fern",
          "field", "finch", "fjord", "forest", "glade", "grove", "harbor", "heron", "hill",
          "island", "lake", "lark", "maple", "marsh", "meadow", "moon", "moss", "oak", "otter",
          "peak", "pine", "pond", "reef", "ridge", "river", "robin", "shore", "spruce", "stone",
          "stream", "tide", "valley", "willow", "wren");

  private static final Pattern ID = Pattern.compile("[0-9a-f]{12}");

  private VmNames() {}

  /**
   * Returns for a valid name.
   *
   * @throws BangerException BAD_REQUEST, saying what is wrong with it
   */
  static void check(String name) {
    if (name.isEmpty()) {
      throw bad("vm name is required");
    }
    if (name.length() > MAXIMUM_LENGTH) {
      throw bad(
          "vm name \"%s\" is %d characters; max is %d (DNS label limit)"
              .formatted(shown(name), name.codePointCount(0, name.length()), MAXIMUM_LENGTH));
    }
    if (name.startsWith("-") || name.endsWith("-")) {
      throw bad("vm name \"%s\" cannot start or end with '-'".formatted(shown(name)));
    }
    int position = 1;
    for (int character : name.codePoints().toArray()) {
      if (!allowed(character)) {
        throw bad(
            "vm name \"%s\" has invalid character '%s' at position %d (allowed: lowercase a-z, 0-9, '-')"
                .formatted(shown(name), shown(Character.toString(character)), position));
      }
      position++;
    }
    if (ID.matcher(name).matches()) {
      throw bad(
          "vm name \"%s\" has the form of an id (12 digits of 0-9 and a-f), and could be taken for that of another vm; add a '-' or another letter"
              .formatted(name));
    }
  }

  /** A name of two words that is not among those taken; with a number when the words run out. */
  static String generate(Set<String> taken, RandomGenerator random) {
    for (int attempt = 0; attempt < 16; attempt++) {
      String name = pair(random);
      if (!taken.contains(name)) {
        return name;
      }
    }
    String stem = pair(random);
    int number = 2;
    while (taken.contains(stem + "-" + number)) {
      number++;
    }
    return stem + "-" + number;
  }

  private static String pair(RandomGenerator random) {
    return FIRST.get(random.nextInt(FIRST.size()))
        + "-"
        + SECOND.get(random.nextInt(SECOND.size()));
  }

  private static boolean allowed(int character) {
    return (character >= 'a' && character <= 'z')
        || (character >= '0' && character <= '9')
        || character == '-';
  }

  /** Safe on a terminal, and not longer than a line. */
  private static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(80)
        .forEach(
            character -> {
              if (Character.isISOControl(character)) {
                shown.append("\\u%04x".formatted(character));
              } else {
                shown.appendCodePoint(character);
              }
            });
    return shown.toString();
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }
}
