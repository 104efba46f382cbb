// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

/**
 * What an image runs on, in the words of the OCI specification (those of Go).
 *
 * @param os such as {@code linux}
 * @param architecture such as {@code amd64}
 */
public record Platform(String os, String architecture) {
  /** What banger's machines are. */
  public static final Platform LINUX_AMD64 = new Platform("linux", "amd64");

  @Override
  public String toString() {
    return os + "/" + architecture;
  }
}
