// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.operation.Operation;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes back the updates of plugins that were going on when the daemon was killed. */
final class UnfinishedUpdates {
  private static final Logger LOG = LoggerFactory.getLogger(UnfinishedUpdates.class);
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final BundleContext context;
  private final Installation installation;
  private final Updates updates;

  UnfinishedUpdates(BundleContext context, Installation installation, Updates updates) {
    this.context = context;
    this.installation = installation;
    this.updates = updates;
  }

  /** Does so for all that have left a note. */
  void takeBack(Path directory) {
    try {
      for (UpdateNote each : UpdateNote.all(directory)) {
        takeBack(each);
      }
    } catch (IOException | DirectoryIteratorException e) {
      LOG.warn("The notes in {} about updates cannot be read", directory, e);
    }
  }

  private void takeBack(UpdateNote note) {
    Path bundles = installation.bundles();
    try {
      UpdateNote.Text text = note.read();
      if (text != null && isUnfinished(text, bundles)) {
        Path fresh = bundles.resolve(text.fresh());
        Files.delete(fresh);
        uninstall(fresh);
        updates.handMade(text.plugin(), givenUp(text), Operation.background());
      }
      note.removeAfter(bundles);
    } catch (IOException | RuntimeException e) {
      LOG.warn("Of two versions of a plugin the newer one cannot be removed; see {}", note, e);
    }
  }

  /**
   * The old one was removed when the new one worked; somebody may have put another in its place.
   */
  private static boolean isUnfinished(UpdateNote.Text text, Path bundles) throws IOException {
    Path previous = bundles.resolve(text.previous());
    Path fresh = bundles.resolve(text.fresh());
    // Whoever edits a note by hand must not have another file removed.
    return fresh.getParent().equals(bundles)
        && !fresh.equals(previous)
        && Files.exists(previous)
        && Files.isRegularFile(fresh)
        && Digests.sha256(fresh).equals(text.sha256());
  }

  /** Before it starts; one that runs already is left to whoever watches the directory. */
  private void uninstall(Path file) {
    for (Bundle each : context.getBundles()) {
      boolean waits = each.getState() == Bundle.INSTALLED || each.getState() == Bundle.RESOLVED;
      if (waits && installation.file(each).filter(file::equals).isPresent()) {
        try {
          BoundedCall.within(
              LIMIT,
              "plugin-removal",
              () -> {
                each.uninstall();
                return each;
              });
        } catch (TimeoutException | ExecutionException e) {
          LOG.debug("{} is left to whoever installed it", each, e);
        }
      }
    }
  }

  private static PluginUpdate givenUp(UpdateNote.Text text) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    return new PluginUpdate(
        text.plugin(),
        text.from(),
        text.to(),
        text.sha256(),
        State.REVERTED,
        "the daemon ended before it was known whether it works",
        now,
        now);
  }
}
