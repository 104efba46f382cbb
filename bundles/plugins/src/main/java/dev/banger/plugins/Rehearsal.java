// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginProblem.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Collection;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.hooks.bundle.CollisionHook;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the framework itself say whether it could wire a jar: installs it under a name of its own,
 * never starts it, and takes it away again. The collision hook lets it lie beside the bundle whose
 * next version it may be.
 */
@Component(
    service = {Rehearsal.class, CollisionHook.class},
    immediate = true)
public final class Rehearsal implements CollisionHook {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
  private static final String LOCATION = "banger-rehearsal:";

  private final BundleContext context;
  private final Requirements requirements;
  private volatile Thread rehearsing;

  @Activate
  public Rehearsal(BundleContext context) {
    this.context = context;
    this.requirements = new Requirements(context);
  }

  /** Whether a bundle is only being tried. */
  static boolean isTried(Bundle bundle) {
    return bundle.getLocation().startsWith(LOCATION);
  }

  /** Why a jar could not be wired here; empty when it could. */
  synchronized List<PluginProblem> problems(StagedJar jar) {
    Bundle tried = install(jar);
    try {
      List<PluginProblem> unmet = requirements.unmet(tried);
      if (!unmet.isEmpty() || jar.facts().isFragment() || isSingleton(jar) || resolves(tried)) {
        return unmet;
      }
      return List.of(
          new PluginProblem(
              Kind.REQUIREMENT,
              jar.facts().name(),
              "each of its requirements is met, but not all together: the bundles that meet them"
                  + " use different versions of one package"));
    } finally {
      uninstall(tried);
    }
  }

  private Bundle install(StagedJar jar) {
    rehearsing = Thread.currentThread();
    try (InputStream in = Files.newInputStream(jar.file())) {
      return context.installBundle(LOCATION + jar.facts().sha256(), in);
    } catch (BundleException | IOException e) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "the framework does not take " + jar.facts().name() + ": " + e.getMessage(),
          e);
    } finally {
      rehearsing = null;
    }
  }

  private boolean resolves(Bundle tried) {
    return context
        .getBundle(Constants.SYSTEM_BUNDLE_LOCATION)
        .adapt(FrameworkWiring.class)
        .resolveBundles(List.of(tried));
  }

  /** Two of one name are never wired at a time, so that nothing can be learnt that way. */
  private static boolean isSingleton(StagedJar jar) {
    return jar.facts()
        .headers()
        .get(Constants.BUNDLE_SYMBOLICNAME)
        .replaceAll("\\s", "")
        .contains(";singleton:=true");
  }

  private static void uninstall(Bundle tried) {
    try {
      tried.uninstall();
    } catch (BundleException | IllegalStateException e) {
      LOG.warn("A bundle that was only tried could not be uninstalled", e);
    }
  }

  @Override
  public void filterCollisions(int operation, Bundle target, Collection<Bundle> candidates) {
    if (operation == CollisionHook.INSTALLING && Thread.currentThread() == rehearsing) {
      candidates.clear();
    }
  }
}
