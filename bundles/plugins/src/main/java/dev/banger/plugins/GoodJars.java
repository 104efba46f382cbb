// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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

  /** Instead of a version. */
  private static final String UNREADABLE = "(unreadable)";

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
  private final AddedJars jars;
  private final Duration still;
  private final Map<Long, Snapshot> whenGood = new ConcurrentHashMap<>();
  private final ThreadPoolExecutor executor =
      new ThreadPoolExecutor(
          1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), GoodJars::thread);
  private volatile Path directory;

  /**
   * @param limit how long a bundle may take until it works
   * @param still how long nobody has written to a file that is complete
   */
  GoodJars(
      BundleContext context,
      Installation installation,
      Components components,
      SelfCheck check,
      Duration limit,
      Changes changes,
      Updates updates,
      WatchedDirectory watched,
      AddedJars jars,
      Duration still) {
    this.context = context;
    this.installation = installation;
    this.components = components;
    this.check = check;
    this.limit = limit;
    this.changes = changes;
    this.updates = updates;
    this.watched = watched;
    this.jars = jars;
    this.still = still;
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
    try (DirectoryStream<Path> there = Files.newDirectoryStream(installation.bundles(), "*.jar")) {
      there.forEach(this::lookWhetherTakenLater);
    } catch (IOException | DirectoryIteratorException e) {
      LOG.warn("{} cannot be read", installation.bundles(), e);
    }
  }

  @Override
  public void bundleChanged(BundleEvent event) {
    Bundle bundle = event.getBundle();
    switch (event.getType()) {
      case BundleEvent.INSTALLED, BundleEvent.UPDATED -> lookLater(bundle);
      case BundleEvent.STARTED -> lookWhetherTakenLater(bundle);
      case BundleEvent.UNINSTALLED -> {
        forget(bundle);
        lookWhetherTakenLater(bundle);
      }
      default -> {
        // It is the same jar.
      }
    }
  }

  private void lookLater(Bundle bundle) {
    if (installation.isAdded(bundle)) {
      later(() -> look(bundle));
    }
  }

  private void lookWhetherTakenLater(Bundle bundle) {
    if (installation.isAdded(bundle)) {
      installation.file(bundle).ifPresent(this::lookWhetherTakenLater);
    }
  }

  private void lookWhetherTakenLater(Path file) {
    later(() -> lookWhetherTaken(file));
  }

  private void later(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      LOG.debug("The daemon stops", e);
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
    boolean known = isSame(file, copy);
    if (!known && !BundleContent.isOf(bundle, file)) {
      lookWhetherTakenLater(file);
      return;
    }
    Snapshot before = whenGood.getOrDefault(bundle.getBundleId(), Snapshot.NONE);
    List<PluginProblem> problems = check.run(bundle, known ? Snapshot.NONE : before, limit);
    if (problems.isEmpty()) {
      whenGood.put(bundle.getBundleId(), Snapshot.of(bundle, components));
      if (!known) {
        keep(file, copy);
        updates.handMade(bundle.getSymbolicName(), null, operation);
      }
    } else if (!known && Files.exists(copy)) {
      bringBack(file, copy, Updates.words(problems), operation);
    }
  }

  private static boolean isSame(Path file, Path copy) throws IOException {
    return Files.exists(copy) && Files.mismatch(file, copy) < 0;
  }

  /**
   * A file that is no bundle at all gives rise to no event of a new one: the framework goes on with
   * what it has of the previous one, or whoever watches the directory has taken that away.
   */
  private void lookWhetherTaken(Path file) {
    Path copy = directory.resolve(file.getFileName().toString());
    Operation operation = Operation.background();
    try {
      if (!Files.exists(file) || isSame(file, copy)) {
        return;
      }
      if (jars.takenFrom(file) == null) {
        awaitStill(file, operation);
      }
      changes.begin(operation);
      try {
        compare(file, copy, operation);
      } finally {
        changes.end();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} could not be examined", file, e);
    }
  }

  private void compare(Path file, Path copy, Operation operation) throws IOException {
    Bundle bundle = jars.takenFrom(file);
    if (bundle == null) {
      replaceRefused(file, copy, operation);
    } else if (Files.exists(copy)) {
      compare(bundle, file, copy, operation);
    }
  }

  /** Somebody may be writing it in its place. */
  private void awaitStill(Path file, Operation operation) throws IOException {
    FileTime before = null;
    while (Files.exists(file) && !Files.getLastModifiedTime(file).equals(before)) {
      before = Files.getLastModifiedTime(file);
      operation.pause(still);
    }
  }

  private void replaceRefused(Path file, Path copy, Operation operation) throws IOException {
    String refusal = Files.exists(file) ? jars.refusal(file) : null;
    if (refusal == null) {
      return; // Its bundle comes, and is looked at then.
    }
    if (Files.exists(copy)) {
      bringBack(file, copy, refusal, operation);
    } else {
      LOG.warn("{}; put another one in its place, or remove it", refusal);
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

  private void bringBack(Path file, Path copy, String reason, Operation operation)
      throws IOException {
    Instant began = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    String rejected = version(file);
    String digest = Digests.sha256(file);
    JarFacts good = JarFacts.of(copy);
    List<PluginProblem> left = check.run(returned(file, copy, good), Snapshot.NONE, limit);
    updates.handMade(
        good.name(),
        new PluginUpdate(
            good.name(),
            good.version().toString(),
            rejected,
            digest,
            left.isEmpty() ? State.REVERTED : State.BROKEN,
            reason,
            began,
            Instant.now().truncatedTo(ChronoUnit.MILLIS)),
        operation);
  }

  private Bundle returned(Path file, Path copy, JarFacts good) throws IOException {
    Bundle bundle = jars.installed(file);
    if (bundle == null) {
      DurableFile.copy(copy, file);
      return watched.awaitArrival(good);
    }
    watched.replace(bundle, copy, file);
    return bundle;
  }

  private static String version(Path file) {
    try {
      return JarFacts.of(file).version().toString();
    } catch (BangerException e) {
      return UNREADABLE;
    }
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
