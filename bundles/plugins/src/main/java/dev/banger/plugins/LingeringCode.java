// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The code of a bundle that goes on after the bundle was replaced, for what it has begun. The
 * framework gives it no class any more that it did not have by then.
 */
final class LingeringCode {
  private static final Logger LOG = LoggerFactory.getLogger(LingeringCode.class);
  private static final String SUFFIX = ".class";

  private LingeringCode() {}

  /** Loads all classes of a bundle that is to be replaced, and links them with those of others. */
  static void load(Bundle bundle) {
    BundleWiring wiring = bundle.adapt(BundleWiring.class);
    Enumeration<URL> classes = bundle.findEntries("/", "*" + SUFFIX, true);
    if (wiring == null || wiring.getClassLoader() == null || classes == null) {
      return;
    }
    for (URL each : Collections.list(classes)) {
      String path = each.getPath().substring(1);
      String name = path.substring(0, path.length() - SUFFIX.length()).replace('/', '.');
      try {
        Class<?> loaded = Class.forName(name, false, wiring.getClassLoader());
        LOG.trace("{} has {} methods", name, loaded.getDeclaredMethods().length);
      } catch (ClassNotFoundException | LinkageError e) {
        LOG.debug("{} could not be loaded before its bundle is replaced: {}", name, e.toString());
      }
    }
  }
}
