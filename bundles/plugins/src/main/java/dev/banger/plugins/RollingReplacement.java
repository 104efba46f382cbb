// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/**
 * Puts another version of a bundle beside it into {@code bundles/} and removes the old one when the
 * new one works, so that there is always one.
 */
final class RollingReplacement implements Replacement {
  private final Bundle bundle;
  private final Path file;
  private final Path beside;
  private final StagedJar fresh;
  private final WatchedDirectory directory;
  private final UpdateNote note;

  /**
   * @param note tells the next daemon, should this one be killed on the way
   */
  RollingReplacement(
      Bundle bundle, Path file, StagedJar fresh, WatchedDirectory directory, UpdateNote note) {
    this.bundle = bundle;
    this.file = file;
    this.fresh = fresh;
    this.directory = directory;
    this.note = note;
    this.beside = directory.freePlace(fresh.facts());
  }

  @Override
  public Bundle bringIn() throws IOException, BundleException {
    JarFacts facts = fresh.facts();
    note.write(
        new UpdateNote.Text(
            facts.name(),
            bundle.getVersion().toString(),
            facts.version().toString(),
            facts.sha256(),
            file.getFileName().toString(),
            beside.getFileName().toString()));
    DurableFile.copy(fresh.file(), beside);
    return directory.awaitArrival(facts);
  }

  @Override
  public void settle() throws IOException, BundleException {
    Files.delete(file);
    note.removeAfter(file.getParent());
    directory.awaitDeparture(bundle);
  }

  @Override
  public Bundle takeBack() throws IOException, BundleException {
    Files.deleteIfExists(beside);
    note.removeAfter(beside.getParent());
    Bundle arrived = directory.find(fresh.facts());
    if (arrived != null) {
      directory.awaitDeparture(arrived);
    }
    return bundle;
  }
}
