// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.bundle;

import dev.banger.image.Image;
import dev.banger.imageservice.storage.RegistryName;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of bundles' files. */
final class BundleName {
  static final String EXTENSION = ".tar.zst";

  private static final Pattern OWN = Pattern.compile("(.+)-amd64-[0-9a-f]{12}\\.tar\\.zst");

  private BundleName() {}

  /** The name of an image's bundle. */
  static String of(Image image, String digestPrefix) {
    return image.name() + "-" + image.architecture() + "-" + digestPrefix + EXTENSION;
  }

  /** What the image of a bundle is called when the request does not say. */
  static String image(String file) {
    Matcher own = OWN.matcher(file);
    return RegistryName.resembling(
        own.matches() ? own.group(1) : file.substring(0, file.length() - EXTENSION.length()));
  }
}
