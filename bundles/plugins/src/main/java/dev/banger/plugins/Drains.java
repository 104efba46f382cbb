// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import dev.banger.plugin.Drain;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
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

  /** What a drain may take beyond its deadline, on a slow host, until it is left behind. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final BundleContext context;
  private final Duration limit;

  Drains(BundleContext context) {
    this(context, LIMIT);
  }

  /**
   * @param limit how long one drain may take
   */
  Drains(BundleContext context, Duration limit) {
    this.context = context;
    this.limit = limit;
  }

  /** Lets a bundle take no more work. */
  void pause(Bundle bundle) {
    forEach(bundle, Drain::pause);
  }

  /** Returns when a bundle has done what it can, or the time is over. */
  void drain(Bundle bundle) {
    Operation operation = Operation.background().within(limit);
    forEach(bundle, drain -> drain.drain(operation));
  }

  private void forEach(Bundle bundle, Consumer<Drain> act) {
    for (ServiceReference<?> each : Snapshot.published(bundle)) {
      if (!Snapshot.interfaces(List.of(each)).contains(Drain.class.getName())) {
        continue;
      }
      try {
        BoundedCall.within(limit.plus(GRACE), "plugin-drain", () -> call(each, act));
      } catch (TimeoutException e) {
        LOG.warn("{} hangs while it prepares for its update", bundle.getSymbolicName());
      } catch (ExecutionException e) {
        LOG.warn("{} could not prepare for its update", bundle.getSymbolicName(), e.getCause());
      } catch (BangerException e) {
        // Its update begins all the same: it is told of already, and has to come to its end.
        LOG.warn("{} was not waited for before its update", bundle.getSymbolicName(), e);
      }
    }
  }

  private Bundle call(ServiceReference<?> reference, Consumer<Drain> act) {
    try {
      if (context.getService(reference) instanceof Drain drain) {
        act.accept(drain);
      }
      return reference.getBundle();
    } finally {
      context.ungetService(reference);
    }
  }
}
