// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;

/** {@code bundles/}, and whoever makes the framework follow what happens there. */
final class WatchedDirectory {
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final BundleContext context;
  private final Installation installation;
  private final Patience patience;

  WatchedDirectory(BundleContext context, Installation installation, Patience patience) {
    this.context = context;
    this.installation = installation;
    this.patience = patience;
  }

  /**
   * How long is waited.
   *
   * @param change for what was put here to be at work; what it replaces departs before
   * @param departure for a bundle to go whose file was removed
   * @param removal for a bundle to go that is taken away without whoever watches
   */
  record Patience(Duration change, Duration departure, Duration removal) {
    /**
     * A file counts when it was the same at two looks, half a second apart; hosts may be slow.
     * Capabilities have 15 s for their clean-up.
     */
    static final Patience OF_DAEMON =
        new Patience(Duration.ofSeconds(40), Duration.ofSeconds(30), Duration.ofSeconds(20));
  }

  /** A file name that nobody has, for a bundle. */
  Path freePlace(JarFacts facts) {
    String stem = facts.name() + "-" + facts.version();
    Path directory = installation.bundles();
    Path place = directory.resolve(stem + ".jar");
    for (int number = 2; Files.exists(place); number++) {
      place = directory.resolve(stem + "-" + number + ".jar");
    }
    return place;
  }

  /** The installed bundle of that name and version, or null. */
  Bundle find(JarFacts facts) {
    for (Bundle each : context.getBundles()) {
      if (!Rehearsal.isTried(each)
          && facts.name().equals(each.getSymbolicName())
          && facts.version().equals(each.getVersion())) {
        return each;
      }
    }
    return null;
  }

  /** Waits for the bundle of a file that was put here. */
  Bundle awaitArrival(JarFacts facts) throws IOException {
    await(() -> find(facts) != null, patience.change(), "nothing installs " + facts.name());
    return find(facts);
  }

  /**
   * Replaces the file of a bundle and waits until the bundle was updated from that very jar: an
   * update that began before may end meanwhile.
   */
  void replace(Bundle bundle, Path jar, Path file) throws IOException {
    long before = bundle.getLastModified();
    DurableFile.copy(jar, file);
    await(
        () -> bundle.getLastModified() != before && BundleContent.isOf(bundle, jar),
        patience.change(),
        "nothing updates " + bundle.getSymbolicName());
  }

  /**
   * Waits until a bundle whose file was removed is gone; in the end takes it away itself.
   *
   * @throws HangingBundleException when that does not help
   */
  void awaitDeparture(Bundle bundle) throws BundleException {
    try {
      await(() -> bundle.getState() == Bundle.UNINSTALLED, patience.departure(), "");
    } catch (IOException e) {
      takeAway(bundle);
    }
  }

  /** The framework waits without a limit for whoever stops or updates the bundle already. */
  private void takeAway(Bundle bundle) throws BundleException {
    try {
      BoundedCall.within(
          patience.removal(),
          "plugin-removal",
          () -> {
            bundle.uninstall();
            return bundle;
          });
    } catch (TimeoutException e) {
      throw new HangingBundleException(bundle);
    } catch (ExecutionException e) {
      if (bundle.getState() != Bundle.UNINSTALLED) {
        throw new BundleException(Exceptions.told(e), e);
      }
    }
  }

  private static void await(BooleanSupplier condition, Duration limit, String otherwise)
      throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline >= 0) {
        throw new IOException(
            otherwise
                + " within "
                + limit.toSeconds()
                + " s: a plugin may hang; 'banger daemon stop', and the next command starts the"
                + " daemon anew");
      }
      try {
        Thread.sleep(PAUSE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }
}
