// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How large root file systems are made. */
public final class ImageSize {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,9})\\s*([MG])(?:i?B)?");
  private static final long MIB = 1L << 20;
  private static final long MIN = 1L << 30;
  private static final long MAX = 1L << 40;
  private static final long SMALLEST_ASKED_FOR = 64 * MIB;

  private ImageSize() {}

  /**
   * The size that a person asks for, else the configured one, in bytes.
   *
   * @param wanted in bytes, or null
   * @throws BangerException BAD_REQUEST
   */
  public static long of(Long wanted, ImageConfiguration configuration) {
    if (wanted == null) {
      return parse(configuration.imageSize());
    }
    if (wanted < SMALLEST_ASKED_FOR || wanted > MAX) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "the size of an image is between 64 MiB and 1 TiB");
    }
    return wanted / MIB * MIB;
  }

  /**
   * Bytes of a size such as {@code 8 GiB}.
   *
   * @throws BangerException BAD_REQUEST, naming the configuration key
   */
  public static long parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      throw refused(text, "is not a whole number and MiB or GiB");
    }
    long unit = matcher.group(2).toUpperCase(Locale.ROOT).equals("G") ? MIB << 10 : MIB;
    long bytes = Long.parseLong(matcher.group(1)) * unit;
    if (bytes < MIN || bytes > MAX) {
      throw refused(text, "is not between 1 GiB and 1 TiB");
    }
    return bytes;
  }

  private static BangerException refused(String text, String why) {
    return new BangerException(
        ErrorCode.BAD_REQUEST,
        "imageSize \"" + text + "\" in " + ImageConfiguration.PID + ".cfg " + why);
  }
}
