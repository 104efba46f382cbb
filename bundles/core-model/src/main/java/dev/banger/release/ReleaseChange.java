// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.release;

/**
 * What a release changes in one file of the installation.
 *
 * @param kind what becomes of the file
 * @param path the file, from the installation's directory on
 * @param bundle the symbolic name of the bundle that it is, or null
 * @param from the version of that bundle that is installed, or null
 * @param to the version of that bundle in the release, or null
 */
public record ReleaseChange(Kind kind, String path, String bundle, String from, String to) {
  /** What becomes of a file. */
  public enum Kind {
    /** It is not there yet. */
    ADDED,
    /** Another one takes its place. */
    REPLACED,
    /** The release has it no more. */
    REMOVED,
    /** A configuration that was changed by hand: it stays as it is. */
    KEPT
  }
}
