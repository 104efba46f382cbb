// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.operation.Operation;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleListener;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a copy of each jar of {@code bundles/} that was found to work, by its file name, and brings
 * it back when somebody puts one in its place that does not.
 */
final class GoodJars implements BundleListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GoodJars.class);

  private static final Duration LOOK = Duration.ofMillis(50);

  /** For a daemon on a slow host to start all its bundles. */
  private static final Duration START = Duration.ofMinutes(2);

  private final BundleContext context;
  private final Installation installation;
  private final Components components;
  private final SelfCheck check;
  private final Duration limit;
  private final Changes changes;
  private final Updates updates;
  private final WatchedDirectory watched;
  private final Map<Long, Snapshot> whenGood = new ConcurrentHashMap<>();
  private final ThreadPoolExecutor executor =
      new ThreadPoolExecutor(
          1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), GoodJars::thread);
  private volatile Path directory;

  GoodJars(
      BundleContext context,
      Installation installation,
      Components components,
      SelfCheck check,
      Duration limit,
      Changes changes,
      Updates updates,
      WatchedDirectory watched) {
    this.context = context;
    this.installation = installation;
    this.components = components;
    this.check = check;
    this.limit = limit;
    this.changes = changes;
    this.updates = updates;
    this.watched = watched;
    executor.allowCoreThreadTimeOut(true);
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "plugin-watch");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Keeps the copies in a directory from now on: of the bundles that are there, and of those that
   * come or are replaced.
   */
  synchronized void keepIn(Path place) {
    if (directory != null || !installation.exists()) {
      return;
    }
    directory = place;
    context.addBundleListener(this);
    for (Bundle each : context.getBundles()) {
      lookLater(each);
    }
  }

  @Override
  public void bundleChanged(BundleEvent event) {
    switch (event.getType()) {
      case BundleEvent.INSTALLED, BundleEvent.UPDATED -> lookLater(event.getBundle());
      case BundleEvent.UNINSTALLED -> forget(event.getBundle());
      default -> {
        // It is the same jar.
      }
    }
  }

  private void lookLater(Bundle bundle) {
    if (installation.isAdded(bundle)) {
      try {
        executor.execute(() -> look(bundle));
      } catch (RejectedExecutionException e) {
        LOG.debug("The daemon stops", e);
      }
    }
  }

  private void look(Bundle bundle) {
    Operation operation = Operation.background();
    try {
      operation.within(START).await(() -> mayRun(bundle), LOOK);
      Optional<Path> file = installation.file(bundle).filter(Files::exists);
      if (file.isPresent()) {
        Path copy = directory.resolve(file.get().getFileName().toString());
        look(bundle, file.get(), copy, operation);
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} could not be examined", bundle.getSymbolicName(), e);
    }
  }

  /** The framework starts bundles level by level. */
  private boolean mayRun(Bundle bundle) {
    if (bundle.getState() == Bundle.UNINSTALLED) {
      return true;
    }
    int reached =
        context
            .getBundle(Constants.SYSTEM_BUNDLE_LOCATION)
            .adapt(FrameworkStartLevel.class)
            .getStartLevel();
    return reached >= bundle.adapt(BundleStartLevel.class).getStartLevel();
  }

  private void look(Bundle bundle, Path file, Path copy, Operation operation) throws IOException {
    if (!Files.exists(copy)) {
      // Nothing can be brought back, so that nobody has to wait.
      if (check.run(bundle, Snapshot.NONE, limit).isEmpty()) {
        lookAlone(bundle, file, copy, operation);
      }
      return;
    }
    lookAlone(bundle, file, copy, operation);
  }

  private void lookAlone(Bundle bundle, Path file, Path copy, Operation operation)
      throws IOException {
    changes.begin(operation);
    try {
      if (Files.exists(file) && bundle.getState() != Bundle.UNINSTALLED) {
        compare(bundle, file, copy, operation);
      }
    } finally {
      changes.end();
    }
  }

  private void compare(Bundle bundle, Path file, Path copy, Operation operation)
      throws IOException {
    boolean known = Files.exists(copy) && Files.mismatch(file, copy) < 0;
    Snapshot before = whenGood.getOrDefault(bundle.getBundleId(), Snapshot.NONE);
    List<PluginProblem> problems = check.run(bundle, known ? Snapshot.NONE : before, limit);
    if (problems.isEmpty()) {
      whenGood.put(bundle.getBundleId(), Snapshot.of(bundle, components));
      if (!known) {
        keep(file, copy);
        updates.handMade(bundle.getSymbolicName(), null, operation);
      }
    } else if (!known && Files.exists(copy)) {
      bringBack(bundle, file, copy, Updates.words(problems), operation);
    }
  }

  private void keep(Path file, Path copy) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    DurableFile.copyPrivately(file, copy);
    removeStale();
  }

  /** As many copies as there are jars. */
  private void removeStale() throws IOException {
    try (DirectoryStream<Path> copies = Files.newDirectoryStream(directory, "*.jar")) {
      for (Path each : copies) {
        if (!Files.exists(installation.bundles().resolve(each.getFileName().toString()))) {
          Files.deleteIfExists(each);
        }
      }
    }
  }

  private void bringBack(Bundle bundle, Path file, Path copy, String reason, Operation operation)
      throws IOException {
    Instant began = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    JarFacts rejected = JarFacts.of(file);
    JarFacts good = JarFacts.of(copy);
    watched.replace(bundle, copy, file);
    List<PluginProblem> left = check.run(bundle, Snapshot.NONE, limit);
    updates.handMade(
        bundle.getSymbolicName(),
        new PluginUpdate(
            bundle.getSymbolicName(),
            good.version().toString(),
            rejected.version().toString(),
            rejected.sha256(),
            left.isEmpty() ? State.REVERTED : State.BROKEN,
            reason,
            began,
            Instant.now().truncatedTo(ChronoUnit.MILLIS)),
        operation);
  }

  private void forget(Bundle bundle) {
    whenGood.remove(bundle.getBundleId());
  }

  @Override
  public void close() {
    context.removeBundleListener(this);
    executor.shutdownNow();
  }
}
