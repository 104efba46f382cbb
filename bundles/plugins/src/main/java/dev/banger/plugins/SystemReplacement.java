// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/**
 * Updates a bundle of {@code system/} within the framework. Its file there, which the next daemon
 * starts with, is replaced once the new one is known to be good.
 */
final class SystemReplacement implements Replacement {
  /** Far above what banger's own bundles take, whose stops are bounded themselves. */
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final Bundle bundle;
  private final Path file;
  private final StagedJar fresh;
  private final StagedJar previous;
  private final Wirings wirings;
  private final Duration limit;

  /**
   * @throws BangerException IN_USE when the new one would change the database so that the previous
   *     one could not come back
   */
  SystemReplacement(
      Bundle bundle, Path file, StagedJar fresh, StagedJar previous, Wirings wirings) {
    this(bundle, file, fresh, previous, wirings, LIMIT);
  }

  /**
   * As above.
   *
   * @param limit how long one bundle may take to stop and the other to start
   */
  SystemReplacement(
      Bundle bundle,
      Path file,
      StagedJar fresh,
      StagedJar previous,
      Wirings wirings,
      Duration limit) {
    this.bundle = bundle;
    this.file = file;
    this.fresh = fresh;
    this.previous = previous;
    this.wirings = wirings;
    this.limit = limit;
    refuseOtherSchema(fresh.facts(), previous.facts());
  }

  private static void refuseOtherSchema(JarFacts fresh, JarFacts previous) {
    if (!Objects.equals(fresh.schema(), previous.schema())) {
      throw new BangerException(
          ErrorCode.IN_USE,
          fresh.name()
              + " "
              + fresh.version()
              + " changes the schema of the database and cannot be replaced while the daemon runs,"
              + " nothing was changed: 'banger update <release>' brings its whole release");
    }
  }

  @Override
  public Bundle bringIn() throws BundleException {
    update(fresh);
    return bundle;
  }

  @Override
  public String settle() throws IOException {
    if (!fresh.facts().sha256().equals(previous.facts().sha256())) {
      DurableFile.copy(fresh.file(), file);
    }
    return null;
  }

  @Override
  public Bundle takeBack() throws BundleException {
    update(previous);
    return bundle;
  }

  private void update(StagedJar jar) throws BundleException {
    try {
      BoundedCall.within(
          limit,
          "plugin-exchange",
          () -> {
            try (InputStream in = Files.newInputStream(jar.file())) {
              bundle.update(in);
            }
            return bundle;
          });
    } catch (TimeoutException e) {
      throw new BundleException(
          bundle.getSymbolicName()
              + " hangs while it is stopped or started; 'banger daemon stop' ends it, and the next"
              + " command starts a daemon with what lies in system/");
    } catch (ExecutionException e) {
      throw new BundleException(Exceptions.told(e.getCause()), e.getCause());
    }
    wirings.renew(bundle);
  }
}
