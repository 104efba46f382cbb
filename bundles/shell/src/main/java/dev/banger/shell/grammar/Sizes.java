// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes in bytes as people write and read them. Units are powers of 1024. */
public final class Sizes {
  private static final long MIB = 1L << 20;
  private static final Pattern FORM = Pattern.compile("([0-9]+)\\s*([A-Za-z]*)");
  private static final Map<String, Long> UNITS =
      Map.of("K", 1L << 10, "M", MIB, "G", 1L << 30, "T", 1L << 40);
  private static final String[] SHOWN = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Sizes() {}

  /**
   * Bytes of a size such as {@code 8G}, {@code 512MiB} or {@code 3072} (MiB).
   *
   * @throws IllegalArgumentException with what is wrong with it
   */
  public static long parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (text.strip().startsWith("-")) {
      throw new IllegalArgumentException("'" + text + "' is negative; a size is more than 0");
    }
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a size; write a whole number and K, M, G or T (none: MiB)");
    }
    long unit = unit(matcher.group(2), text);
    long bytes;
    try {
      bytes = Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is more than can be counted", e);
    }
    if (bytes == 0) {
      throw new IllegalArgumentException("'" + text + "' is zero; a size is more than 0");
    }
    return bytes;
  }

  private static long unit(String suffix, String text) {
    String upper = suffix.toUpperCase(Locale.ROOT);
    if (upper.isEmpty()) {
      return MIB;
    }
    String rest = upper.substring(1);
    Long unit = UNITS.get(upper.substring(0, 1));
    if (unit == null || !(rest.isEmpty() || rest.equals("B") || rest.equals("IB"))) {
      throw new IllegalArgumentException(
          "'" + text + "' has the unknown unit '" + suffix + "'; use K, M, G or T");
    }
    return unit;
  }

  /** A size for people: the largest fitting unit, one decimal at most. */
  public static String format(long bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1024 && unit < SHOWN.length - 1) {
      value /= 1024;
      unit++;
    }
    if (unit == 0 || value == Math.rint(value)) {
      return (long) value + " " + SHOWN[unit];
    }
    String number = String.format(Locale.ROOT, "%.1f", value);
    if (number.equals("1024.0") && unit < SHOWN.length - 1) {
      return "1 " + SHOWN[unit + 1];
    }
    return (number.endsWith(".0") ? number.substring(0, number.length() - 2) : number)
        + " "
        + SHOWN[unit];
  }
}
