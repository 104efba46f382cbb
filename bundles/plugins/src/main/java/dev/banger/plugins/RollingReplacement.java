// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts another version of a bundle beside it into {@code bundles/} and removes the old one when the
 * new one works, so that there is always one.
 */
final class RollingReplacement implements Replacement {
  private static final Logger LOG = LoggerFactory.getLogger(RollingReplacement.class);

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
  public String settle() throws IOException {
    Files.delete(file);
    // From here on the new one is the only one: nothing may take it back.
    try {
      note.removeAfter(file.getParent());
    } catch (IOException e) {
      LOG.warn("{} is left to the next daemon", note, e);
    }
    try {
      directory.awaitDeparture(bundle);
      return null;
    } catch (HangingBundleException e) {
      return e.getMessage();
    } catch (BundleException | RuntimeException e) {
      return "the version before is still there: " + Exceptions.told(e);
    }
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
