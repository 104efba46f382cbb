// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A key of a configuration.
 *
 * @param key its id
 * @param type what its values are
 * @param defaultValue as text
 * @param options the only values; empty when they are not counted
 * @param description what it is for
 * @param bounds whether a value of the type is one of the key's
 * @param many whether a value is a list: items with commas between them
 */
record Attribute(
    String key,
    Type type,
    String defaultValue,
    List<String> options,
    String description,
    Predicate<String> bounds,
    boolean many) {
  Attribute {
    options = List.copyOf(options);
  }

  /** A value as a component gets it. */
  Object delivered(String value) {
    return many ? items(value).toArray(String[]::new) : value;
  }

  // As the metatype reads lists: a backslash stands before a comma that is part of an item.
  private static List<String> items(String list) {
    List<String> items = new ArrayList<>();
    StringBuilder item = new StringBuilder();
    for (int i = 0; i < list.length(); i++) {
      char next = list.charAt(i);
      boolean escapes = next == '\\' && i + 1 < list.length() && isSpecial(list.charAt(i + 1));
      if (escapes) {
        i++;
        item.append(list.charAt(i));
      } else if (next == ',') {
        items.add(item.toString().strip());
        item.setLength(0);
      } else {
        item.append(next);
      }
    }
    items.add(item.toString().strip());
    items.removeIf(String::isEmpty);
    return items;
  }

  private static boolean isSpecial(char character) {
    return character == ',' || character == '\\';
  }

  /** What is wrong with a value; empty when it is right. */
  Optional<String> objection(String value) {
    if (value.equals(defaultValue)) {
      return Optional.empty();
    }
    if (!type.accepts(value)) {
      return Optional.of("is no " + type.words());
    }
    if (!options.isEmpty() && !options.contains(value)) {
      return Optional.of("is not one of " + String.join(", ", options));
    }
    return bounds.test(value) ? Optional.empty() : Optional.of("is out of bounds");
  }

  /** The types of the metatype. */
  enum Type {
    STRING("text"),
    LONG("whole number"),
    INTEGER("whole number"),
    SHORT("whole number"),
    CHARACTER("single character"),
    BYTE("whole number"),
    DOUBLE("number"),
    FLOAT("number"),
    BOOLEAN("boolean: true or false"),
    PASSWORD("text");

    private final String words;

    Type(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }

    boolean accepts(String value) {
      try {
        return switch (this) {
          case STRING, PASSWORD -> true;
          case LONG -> fits(Long.valueOf(value));
          case INTEGER -> fits(Integer.valueOf(value));
          case SHORT -> fits(Short.valueOf(value));
          case BYTE -> fits(Byte.valueOf(value));
          case DOUBLE -> fits(Double.valueOf(value));
          case FLOAT -> fits(Float.valueOf(value));
          case CHARACTER -> value.length() == 1;
          case BOOLEAN -> value.equals("true") || value.equals("false");
        };
      } catch (NumberFormatException e) {
        return false;
      }
    }

    private static boolean fits(Number number) {
      return number != null;
    }
  }
}
