// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins that lay in {@code bundles/} when the daemon started. They come after banger's own
 * parts, which serve requests by then.
 */
final class InitialPlugins {
  private static final Logger LOG = LoggerFactory.getLogger(InitialPlugins.class);
  private static final Duration LOOK = Duration.ofMillis(10);

  private final BundleContext context;
  private final Installation installation;
  private final Components components;
  private final List<Path> jars;
  private final long deadline;

  /**
   * @param limit from now, for those that never start
   */
  InitialPlugins(
      BundleContext context, Installation installation, Components components, Duration limit) {
    this.context = context;
    this.installation = installation;
    this.components = components;
    this.jars = jars(installation);
    this.deadline = System.nanoTime() + limit.toNanos();
  }

  private static List<Path> jars(Installation installation) {
    List<Path> jars = new ArrayList<>();
    if (installation.exists() && Files.isDirectory(installation.bundles())) {
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(installation.bundles(), "*.jar")) {
        files.forEach(jars::add);
      } catch (IOException | DirectoryIteratorException e) {
        LOG.warn("{} cannot be read", installation.bundles(), e);
      }
    }
    return jars;
  }

  /** Waits until each of them has started, or has had its time. */
  void await(Operation operation) {
    Duration left = Duration.ofNanos(deadline - System.nanoTime());
    if (left.isNegative() || left.isZero()) {
      return;
    }
    try {
      operation.within(left).await(() -> jars.stream().allMatch(this::hasStarted), LOOK);
    } catch (BangerException e) {
      operation.check();
    }
  }

  private boolean hasStarted(Path jar) {
    return !Files.exists(jar)
        || Arrays.stream(context.getBundles())
            .filter(each -> installation.file(each).filter(jar::equals).isPresent())
            .anyMatch(each -> SelfCheck.runs(each) && components.knowAllOf(each));
  }
}
