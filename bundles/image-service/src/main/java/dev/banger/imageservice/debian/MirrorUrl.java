// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.ImageConfiguration;
import java.util.regex.Pattern;

/** Where an archive of packages is, as a person configures it. */
public final class MirrorUrl {
  // Nothing that ends a word or an option block of sources.list.
  private static final Pattern URL = Pattern.compile("(https?|file)://?[A-Za-z0-9._~:/@%+-]+");

  private MirrorUrl() {}

  /** Whether apt reads a text as nothing but a URL. */
  public static boolean isValid(String url) {
    return URL.matcher(url).matches();
  }

  /**
   * Returns when apt reads a URL as nothing but a URL.
   *
   * @param key what it is configured by
   * @throws BangerException BAD_REQUEST
   */
  static void require(String key, String url) {
    if (!isValid(url)) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          key + " \"" + url + "\" in " + ImageConfiguration.PID + ".cfg is not an archive's URL");
    }
  }
}
