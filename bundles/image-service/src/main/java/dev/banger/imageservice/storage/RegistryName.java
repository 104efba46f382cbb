// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.regex.Pattern;

/** The form of names of images and kernels; kernels are directories of that name. */
public final class RegistryName {
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private static final int LONGEST = 64;

  private RegistryName() {}

  /** Whether a name has the form. */
  public static boolean isValid(String name) {
    return FORM.matcher(name).matches();
  }

  /**
   * A name of the right form that looks like a text, such as a file's name.
   *
   * @return {@code image} when nothing of the text can be in a name
   */
  public static String resembling(String text) {
    String name = text.replaceAll("[^A-Za-z0-9._-]+", "-").replaceAll("^[^A-Za-z0-9]+", "");
    String cut = name.length() > LONGEST ? name.substring(0, LONGEST) : name;
    return cut.isEmpty() ? "image" : cut;
  }

  /**
   * Returns a name of the right form.
   *
   * @param what such as {@code kernel}
   * @throws BangerException BAD_REQUEST
   */
  public static String require(String what, String name) {
    if (name == null || name.isEmpty()) {
      throw new BangerException(ErrorCode.BAD_REQUEST, what + " name is required");
    }
    if (!isValid(name)) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          what
              + " name \""
              + name
              + "\" is not allowed: letters, digits, '.', '-' and '_', the first a letter or"
              + " digit, at most 64");
    }
    return name;
  }
}
