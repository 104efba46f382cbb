// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginCandidate;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginSource;
import dev.banger.plugin.PluginUpdate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;

/** Adds, replaces and removes bundles, one at a time. */
final class Changes {
  private static final Duration LOOK = Duration.ofMillis(10);

  /** All others are wired to the first, and the second would replace itself. */
  static final Set<String> FIXED = Set.of("dev.banger.core-model", "dev.banger.plugins");

  private final BundleContext context;
  private final Installation installation;
  private final Rehearsal rehearsal;
  private final SelfCheck check;
  private final Duration limit;
  private final Updates updates;
  private final Supplier<Fetching> fetching;
  private final WatchedDirectory directory;
  private final Supplier<Path> notes;
  private final Semaphore changing = new Semaphore(1);

  /**
   * @param limit how long a new bundle may take until it works
   * @param fetching brings jars here; fails while banger's directories are not there
   * @param directory where plugins lie
   * @param notes the directory of the notes about updates; fails like {@code fetching}
   */
  Changes(
      BundleContext context,
      Installation installation,
      Rehearsal rehearsal,
      SelfCheck check,
      Duration limit,
      Updates updates,
      Supplier<Fetching> fetching,
      WatchedDirectory directory,
      Supplier<Path> notes) {
    this.context = context;
    this.installation = installation;
    this.rehearsal = rehearsal;
    this.check = check;
    this.limit = limit;
    this.updates = updates;
    this.fetching = fetching;
    this.directory = directory;
    this.notes = notes;
  }

  /** Waits until no change is being made, and keeps others from making one. */
  void begin(Operation operation) {
    operation.await(changing::tryAcquire, LOOK);
  }

  /** Lets others make theirs. */
  void end() {
    changing.release();
  }

  PluginCandidate examine(PluginSource source, Operation operation) {
    installation.requireOwnHost();
    try (StagedJar jar = fetching.get().fetch(source, operation)) {
      refuseUninstallable(jar);
      JarFacts facts = jar.facts();
      return new PluginCandidate(
          facts.name(),
          facts.version().toString(),
          facts.headers().get(Constants.BUNDLE_VENDOR),
          facts.headers().get(Constants.BUNDLE_DESCRIPTION),
          facts.sha256(),
          facts.signer());
    }
  }

  /** Installs a jar and gives its bundle, which works. */
  Bundle install(PluginSource source, Operation operation) {
    Installation.requireReplaceable(installation.bundles().resolve("any"));
    // Before others have to wait: a download takes as long as it takes.
    try (StagedJar jar = fetching.get().fetch(source, operation)) {
      begin(operation);
      try {
        refuseChanged(jar);
        refuseUninstallable(jar);
        operation.check();
        operation.progress().stage("start", "starting " + jar.facts().name());
        return bringIn(jar);
      } finally {
        end();
      }
    }
  }

  private Bundle bringIn(StagedJar jar) {
    Path place = directory.freePlace(jar.facts());
    String reason;
    try {
      DurableFile.copy(jar.file(), place);
      Bundle bundle = directory.awaitArrival(jar.facts());
      List<PluginProblem> problems = check.run(bundle, Snapshot.NONE, limit);
      if (problems.isEmpty()) {
        return bundle;
      }
      reason = Updates.words(problems);
    } catch (IOException | RuntimeException | LinkageError e) {
      reason = Exceptions.told(e);
    }
    takeAway(jar.facts(), place, reason);
    throw new BangerException(
        ErrorCode.OPERATION_FAILED,
        jar.facts().name()
            + " "
            + jar.facts().version()
            + " does not work and was taken away again: "
            + reason);
  }

  private void takeAway(JarFacts facts, Path place, String reason) {
    try {
      Files.deleteIfExists(place);
      Bundle arrived = directory.find(facts);
      if (arrived != null) {
        directory.awaitDeparture(arrived);
      }
    } catch (HangingBundleException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          facts.name() + " does not work (" + reason + "), and " + e.getMessage(),
          e);
    } catch (IOException | BundleException | RuntimeException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          facts.name() + " does not work; remove " + place + ": " + e.getMessage(),
          e);
    }
  }

  private void refuseUninstallable(StagedJar jar) {
    JarFacts facts = jar.facts();
    for (Bundle each : context.getBundles()) {
      if (facts.name().equals(each.getSymbolicName()) && !Rehearsal.isTried(each)) {
        throw new BangerException(
            ErrorCode.ALREADY_EXISTS,
            facts.name()
                + " "
                + each.getVersion()
                + " is installed; 'banger plugin update "
                + facts.name()
                + " <source>' replaces it");
      }
    }
    refuseUnfit(jar);
  }

  private void refuseUnfit(StagedJar jar) {
    List<PluginProblem> problems = rehearsal.problems(jar);
    if (!problems.isEmpty()) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          jar.facts().name()
              + " "
              + jar.facts().version()
              + " does not fit, and nothing was changed: "
              + Updates.words(problems));
    }
  }

  /** Begins an update, which goes on by itself. */
  PluginUpdate beginUpdate(Bundle bundle, PluginSource source, Operation operation) {
    Path file = changeable(bundle);
    StagedJar fetched = source == null ? null : fetching.get().fetch(source, operation);
    try {
      begin(operation);
    } catch (RuntimeException e) {
      close(fetched);
      throw e;
    }
    JarPair jars = null;
    try {
      jars = stage(bundle, file, fetched);
      Replacement replacement = replacement(bundle, file, jars);
      JarPair staged = jars;
      return updates.begin(
          bundle, jars.fresh().facts(), replacement, () -> release(staged), operation);
    } catch (RuntimeException e) {
      release(jars);
      throw e;
    }
  }

  /** Two jars of one bundle. */
  private record JarPair(StagedJar fresh, StagedJar previous) {}

  private void release(JarPair jars) {
    if (jars != null) {
      close(jars.fresh());
      close(jars.previous());
    }
    end();
  }

  private static void close(StagedJar jar) {
    if (jar != null) {
      jar.close();
    }
  }

  /**
   * @param fetched the new jar, or null for the one in the place of the bundle
   */
  private JarPair stage(Bundle bundle, Path file, StagedJar fetched) {
    StagedJar previous = null;
    StagedJar fresh = fetched;
    try {
      refuseGone(bundle);
      previous = fetching.get().copyOf(file);
      if (fresh == null) {
        fresh = fetching.get().copyOf(file);
      }
      refuseChanged(fresh);
      refuseAnother(bundle, fresh.facts());
      refuseUnfit(fresh);
      return new JarPair(fresh, previous);
    } catch (RuntimeException e) {
      close(previous);
      close(fresh);
      throw e;
    }
  }

  /** While its next version was fetched. */
  private static void refuseGone(Bundle bundle) {
    if (bundle.getState() == Bundle.UNINSTALLED) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          bundle.getSymbolicName()
              + " "
              + bundle.getVersion()
              + " was removed or replaced meanwhile; look at 'banger plugin list' and try again");
    }
  }

  /** It may have waited for long. */
  private static void refuseChanged(StagedJar jar) {
    try {
      if (Digests.sha256(jar.file()).equals(jar.facts().sha256())) {
        return;
      }
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, jar.file() + " cannot be read: " + e.getMessage(), e);
    }
    throw new BangerException(
        ErrorCode.CORRUPT,
        jar.file() + " was changed after it was fetched; nothing was done, try again");
  }

  private static void refuseAnother(Bundle bundle, JarFacts fresh) {
    if (!fresh.name().equals(bundle.getSymbolicName())) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "this jar is "
              + fresh.name()
              + " and no version of "
              + bundle.getSymbolicName()
              + "; 'banger plugin install' installs another plugin");
    }
  }

  private Replacement replacement(Bundle bundle, Path file, JarPair jars) {
    if (installation.isPart(bundle)) {
      return new SystemReplacement(
          bundle, file, jars.fresh(), jars.previous(), new Wirings(context));
    }
    return jars.fresh().facts().version().equals(bundle.getVersion())
        ? new WatchedReplacement(bundle, file, jars.fresh(), jars.previous(), directory)
        : new RollingReplacement(
            bundle,
            file,
            jars.fresh(),
            directory,
            UpdateNote.about(bundle.getSymbolicName(), notes.get()));
  }

  private Path changeable(Bundle bundle) {
    installation.requireOwnHost();
    String name = bundle.getSymbolicName();
    Path file =
        installation
            .file(bundle)
            .filter(each -> installation.isAdded(bundle) || installation.isPart(bundle))
            .orElseThrow(
                () ->
                    new BangerException(
                        ErrorCode.HOST_UNFIT,
                        name + " was not installed by banger; whoever installed it changes it"));
    if (FIXED.contains(name)) {
      throw new BangerException(
          ErrorCode.IN_USE,
          name
              + " cannot be replaced while the daemon runs: 'banger daemon stop', replace "
              + file
              + ", and the next command starts the daemon with it");
    }
    Installation.requireReplaceable(file);
    return file;
  }

  /** Removes a bundle with its jar and waits until it is gone. */
  void remove(Bundle bundle, Operation operation) {
    Path file = changeable(bundle);
    begin(operation);
    try {
      Files.delete(file);
      directory.awaitDeparture(bundle);
    } catch (HangingBundleException e) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, e.getMessage(), e);
    } catch (IOException | BundleException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          bundle.getSymbolicName() + " could not be removed: " + Exceptions.told(e),
          e);
    } finally {
      end();
    }
  }
}
