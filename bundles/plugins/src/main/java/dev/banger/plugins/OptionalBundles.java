// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.FrameworkWiring;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The jars of a directory of the installation, which are bundles only as long as they are wanted.
 */
final class OptionalBundles {
  private static final Logger LOG = LoggerFactory.getLogger(OptionalBundles.class);

  /** Behind the commands, which need not wait for them. */
  private static final int START_LEVEL = 8;

  private final BundleContext context;
  private final Path directory;

  OptionalBundles(BundleContext context, Path directory) {
    this.context = context;
    this.directory = directory;
  }

  /** Installs and starts what is not there yet; all or nothing. */
  void bringIn() {
    try {
      List<Bundle> bundles = new ArrayList<>();
      for (Path jar : jars()) {
        bundles.add(install(jar));
      }
      for (Bundle each : bundles) {
        each.start(Bundle.START_ACTIVATION_POLICY);
      }
    } catch (IOException | BundleException e) {
      LOG.error("cannot start the bundles of {}", directory, e);
      takeOut();
    }
  }

  private List<Path> jars() throws IOException {
    List<Path> jars = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.jar")) {
      files.forEach(jars::add);
    }
    jars.sort(null);
    return jars;
  }

  private Bundle install(Path jar) throws BundleException {
    // A bundle that is there already is returned as it is.
    Bundle bundle = context.installBundle(prefix() + jar.getFileName());
    bundle.adapt(BundleStartLevel.class).setStartLevel(START_LEVEL);
    return bundle;
  }

  private String prefix() {
    return "reference:" + directory.toUri();
  }

  /** Uninstalls all of them, the last first. */
  void takeOut() {
    List<Bundle> present = new ArrayList<>(present());
    for (int i = present.size() - 1; i >= 0; i--) {
      try {
        present.get(i).uninstall();
      } catch (BundleException e) {
        LOG.error("cannot remove {}", present.get(i).getSymbolicName(), e);
      }
    }
    if (!present.isEmpty()) {
      framework().adapt(FrameworkWiring.class).refreshBundles(present);
    }
  }

  private List<Bundle> present() {
    return Arrays.stream(context.getBundles())
        .filter(each -> each.getLocation().startsWith(prefix()))
        .toList();
  }

  private Bundle framework() {
    return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION);
  }
}
