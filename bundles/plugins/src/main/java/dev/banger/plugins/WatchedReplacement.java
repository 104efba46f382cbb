// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.nio.file.Path;
import org.osgi.framework.Bundle;

/**
 * Replaces the file of a bundle in {@code bundles/} by one of the same version: whoever watches the
 * directory updates the bundle.
 */
final class WatchedReplacement implements Replacement {
  private final Bundle bundle;
  private final Path file;
  private final StagedJar fresh;
  private final StagedJar previous;
  private final WatchedDirectory directory;

  WatchedReplacement(
      Bundle bundle, Path file, StagedJar fresh, StagedJar previous, WatchedDirectory directory) {
    this.bundle = bundle;
    this.file = file;
    this.fresh = fresh;
    this.previous = previous;
    this.directory = directory;
  }

  @Override
  public Bundle bringIn() throws IOException {
    replaceBy(fresh);
    return bundle;
  }

  @Override
  public String settle() {
    return null; // The file is in its place already.
  }

  @Override
  public Bundle takeBack() throws IOException {
    replaceBy(previous);
    return bundle;
  }

  private void replaceBy(StagedJar jar) throws IOException {
    directory.replace(bundle, jar.file(), file);
  }
}
