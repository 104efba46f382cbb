// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.kernel;

/**
 * A request to bring a kernel bundle here.
 *
 * @param source an http or https URL, or the absolute path of a file
 * @param sha256 the bundle's digest, 64 hex digits
 * @param name what it shall be called; null for the name in the bundle
 * @param replace whether a present kernel of that name is replaced; null means no
 */
public record PullKernelBundle(String source, String sha256, String name, Boolean replace) {
  public PullKernelBundle {
    replace = replace != null && replace;
  }
}
