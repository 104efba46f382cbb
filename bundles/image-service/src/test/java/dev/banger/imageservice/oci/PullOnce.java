// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import java.nio.file.Path;

/** A process of its own, which a test can kill: pulls an image. */
final class PullOnce {
  private PullOnce() {}

  /**
   * Pulls.
   *
   * @param arguments a directory as {@link Pulls} wants it, and a reference
   */
  public static void main(String[] arguments) {
    OciImage image = new Pulls(Path.of(arguments[0])).pull(OciReference.parse(arguments[1]));
    System.out.println(image.manifestDigest());
  }
}
