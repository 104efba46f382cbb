// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write and read them. */
public final class Durations {
  private static final Pattern FORM =
      Pattern.compile("(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?");
  private static final long[] SECONDS = {86_400, 3600, 60, 1};
  private static final String[] UNITS = {"d", "h", "m", "s"};

  // A time so far ahead can still be written as a date, whatever the clock says.
  private static final long LONGEST_SECONDS = 36_500L * 86_400;

  private Durations() {}

  /**
   * A duration such as {@code 90s}, {@code 30m}, {@code 7d} or {@code 1h30m}: more than zero, at
   * most 36500 days.
   *
   * @throws IllegalArgumentException with what is wrong with it
   */
  public static Duration parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (text.isEmpty() || !matcher.matches()) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not a duration; write whole numbers with d, h, m or s, the largest first:"
              + " 90s, 30m, 1h30m, 7d");
    }
    long seconds = 0;
    try {
      for (int i = 0; i < SECONDS.length; i++) {
        if (matcher.group(i + 1) != null) {
          long part = Math.multiplyExact(Long.parseLong(matcher.group(i + 1)), SECONDS[i]);
          seconds = Math.addExact(seconds, part);
        }
      }
    } catch (ArithmeticException | NumberFormatException e) {
      throw tooLong(text);
    }
    if (seconds > LONGEST_SECONDS) {
      throw tooLong(text);
    }
    if (seconds == 0) {
      throw new IllegalArgumentException("'" + text + "' is zero; a duration is more than 0");
    }
    return Duration.ofSeconds(seconds);
  }

  private static IllegalArgumentException tooLong(String text) {
    return new IllegalArgumentException("'" + text + "' is too long; at most 36500d");
  }

  /** A duration as {@link #parse} reads it, fractions of a second left out. */
  public static String format(Duration duration) {
    long rest = Math.max(0, duration.toSeconds());
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < SECONDS.length; i++) {
      if (rest >= SECONDS[i]) {
        text.append(rest / SECONDS[i]).append(UNITS[i]);
        rest %= SECONDS[i];
      }
    }
    return text.length() == 0 ? "0s" : text.toString();
  }
}
