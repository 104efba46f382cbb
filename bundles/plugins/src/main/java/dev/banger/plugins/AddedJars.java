// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginProblem.Kind;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The jars of {@code bundles/}, and what the framework makes of them. */
final class AddedJars {
  private static final Logger LOG = LoggerFactory.getLogger(AddedJars.class);

  private final BundleContext context;
  private final Installation installation;
  private final Rehearsal rehearsal;
  private final Duration still;

  /**
   * @param still how long nobody has written to a file that is complete
   */
  AddedJars(BundleContext context, Installation installation, Rehearsal rehearsal, Duration still) {
    this.context = context;
    this.installation = installation;
    this.rehearsal = rehearsal;
    this.still = still;
  }

  /** The bundle that was installed from a file, whatever is in that now; null when none was. */
  Bundle installed(Path file) {
    for (Bundle each : context.getBundles()) {
      if (installation.file(each).filter(file::equals).isPresent()) {
        return each;
      }
    }
    return null;
  }

  /** The bundle that consists of what is in a file; null also while the framework is at it. */
  Bundle takenFrom(Path file) {
    Bundle bundle = installed(file);
    return bundle != null && BundleContent.isOf(bundle, file) ? bundle : null;
  }

  /** Why a file is none that the framework takes; null when it does. */
  String refusal(Path file) {
    try {
      List<PluginProblem> wiring = rehearsal.problems(new StagedJar(file, JarFacts.of(file)));
      LOG.debug("{} is a bundle: {}", file, wiring);
      return null;
    } catch (BangerException e) {
      return e.getMessage();
    }
  }

  /** Those that the framework does not take; not those that are being written just now. */
  List<PluginProblem> refused() {
    List<PluginProblem> refused = new ArrayList<>();
    if (!installation.exists()) {
      return refused;
    }
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(installation.bundles(), "*.jar")) {
      for (Path jar : jars) {
        String refusal = isStill(jar) && takenFrom(jar) == null ? refusal(jar) : null;
        if (refusal != null && Files.exists(jar)) {
          refused.add(new PluginProblem(Kind.FILE, jar.getFileName().toString(), refusal));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      LOG.warn("{} cannot be read", installation.bundles(), e);
    }
    refused.sort(Comparator.comparing(PluginProblem::subject));
    return refused;
  }

  private boolean isStill(Path file) {
    try {
      Duration age = Duration.between(Files.getLastModifiedTime(file).toInstant(), Instant.now());
      return age.isNegative() || age.compareTo(still) >= 0;
    } catch (IOException e) {
      return false; // it is gone
    }
  }
}
