// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.operation.Operation;
import dev.banger.plugin.Drain;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets bundles prepare themselves for being stopped. */
final class Drains {
  private static final Logger LOG = LoggerFactory.getLogger(Drains.class);
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final BundleContext context;

  Drains(BundleContext context) {
    this.context = context;
  }

  /** Lets a bundle take no more work. */
  void pause(Bundle bundle) {
    forEach(bundle, Drain::pause);
  }

  /** Returns when a bundle has done what it can, or the time is over. */
  void drain(Bundle bundle) {
    Operation operation = Operation.background().within(LIMIT);
    forEach(bundle, drain -> drain.drain(operation));
  }

  private void forEach(Bundle bundle, Consumer<Drain> act) {
    for (ServiceReference<?> each : Snapshot.published(bundle)) {
      if (!Snapshot.interfaces(List.of(each)).contains(Drain.class.getName())) {
        continue;
      }
      try {
        if (context.getService(each) instanceof Drain drain) {
          act.accept(drain);
        }
      } catch (RuntimeException | LinkageError e) {
        LOG.warn("{} could not prepare for its update", bundle.getSymbolicName(), e);
      } finally {
        context.ungetService(each);
      }
    }
  }
}
