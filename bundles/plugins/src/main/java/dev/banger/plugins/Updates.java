// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * The updates that run and the last one of each bundle. An update has a thread of its own: whoever
 * asked for it may be a part of what it replaces.
 */
final class Updates {
  private static final Logger LOG = LoggerFactory.getLogger(Updates.class);
  private static final Duration LOOK = Duration.ofMillis(10);

  private final SelfCheck check;
  private final Components components;
  private final Drains drains;
  private final PluginEvents events;
  private final Duration limit;
  private final InstantSource clock;
  private final Map<String, PluginUpdate> latest = new LinkedHashMap<>();

  /**
   * @param limit how long a new bundle may take until it works
   */
  Updates(
      SelfCheck check,
      Components components,
      Drains drains,
      PluginEvents events,
      Duration limit,
      InstantSource clock) {
    this.check = check;
    this.components = components;
    this.drains = drains;
    this.events = events;
    this.limit = limit;
    this.clock = clock;
  }

  /**
   * Begins an update.
   *
   * @param facts of the new jar
   * @param ended runs when it has ended, however that was
   */
  PluginUpdate begin(
      Bundle bundle, JarFacts facts, Replacement replacement, Runnable ended, Operation operation) {
    return begin(bundle, facts, replacement, snapshot(bundle), ended, operation);
  }

  /** What a bundle does now. */
  Snapshot snapshot(Bundle bundle) {
    return Snapshot.of(bundle, components);
  }

  /**
   * As above.
   *
   * @param before what the new one has to do as well
   */
  PluginUpdate begin(
      Bundle bundle,
      JarFacts facts,
      Replacement replacement,
      Snapshot before,
      Runnable ended,
      Operation operation) {
    PluginUpdate begun =
        new PluginUpdate(
            facts.name(),
            bundle.getVersion().toString(),
            facts.version().toString(),
            facts.sha256(),
            State.RUNNING,
            null,
            now(),
            null);
    LingeringCode.load(bundle);
    // Now, so that whoever asks again when it is answered meets the next version.
    drains.pause(bundle);
    remember(begun);
    Thread thread =
        new Thread(
            () -> {
              try (MDC.MDCCloseable ignored = MDC.putCloseable("op_id", operation.id())) {
                remember(run(begun, bundle, before, replacement, operation));
              } finally {
                ended.run();
              }
            },
            "plugin-update");
    thread.setDaemon(true);
    thread.start();
    return begun;
  }

  private PluginUpdate run(
      PluginUpdate begun,
      Bundle bundle,
      Snapshot before,
      Replacement replacement,
      Operation operation) {
    String reason;
    try {
      drains.drain(bundle);
      List<PluginProblem> problems = check.run(replacement.bringIn(), before, limit);
      if (problems.isEmpty()) {
        return done(begun, replacement.settle(), operation);
      }
      reason = words(problems);
    } catch (BundleException | IOException | RuntimeException | Error e) {
      reason = Exceptions.told(e);
      LOG.warn("The update of {} failed", begun.name(), e);
    }
    return revert(ended(begun, State.REVERTED, reason), before, replacement, operation);
  }

  private PluginUpdate done(PluginUpdate begun, String remainder, Operation operation) {
    LOG.info("{} {} has become {}", begun.name(), begun.from(), begun.to());
    if (remainder != null) {
      LOG.warn("{}", remainder);
    }
    events.updated(begun, operation);
    return ended(begun, State.DONE, remainder);
  }

  private PluginUpdate revert(
      PluginUpdate failed, Snapshot before, Replacement replacement, Operation operation) {
    PluginUpdate outcome = failed;
    try {
      List<PluginProblem> problems = check.run(replacement.takeBack(), before, limit);
      if (!problems.isEmpty()) {
        outcome = broken(failed, words(problems));
      }
    } catch (BundleException | IOException | RuntimeException | Error e) {
      LOG.error("The previous {} did not come back", failed.name(), e);
      outcome = broken(failed, Exceptions.told(e));
    }
    LOG.warn("{} {} was given up: {}", failed.name(), failed.to(), outcome.reason());
    events.reverted(outcome, operation);
    return outcome;
  }

  private PluginUpdate broken(PluginUpdate failed, String why) {
    return ended(
        failed,
        State.BROKEN,
        failed.reason() + "; and " + failed.from() + " did not come back whole: " + why);
  }

  /** What is wrong, on one line. */
  static String words(List<PluginProblem> problems) {
    return problems.stream().map(PluginProblem::message).collect(Collectors.joining("; "));
  }

  private PluginUpdate ended(PluginUpdate begun, State state, String reason) {
    return new PluginUpdate(
        begun.name(),
        begun.from(),
        begun.to(),
        begun.sha256(),
        state,
        reason,
        begun.startedAt(),
        now());
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private void remember(PluginUpdate update) {
    synchronized (latest) {
      latest.put(update.name(), update);
    }
  }

  /** What somebody did by hand was given up, or with null has become good. */
  void handMade(String name, PluginUpdate givenUp, Operation operation) {
    if (givenUp != null) {
      LOG.warn("{} {} was given up: {}", name, givenUp.to(), givenUp.reason());
      events.reverted(givenUp, operation);
      remember(givenUp);
      return;
    }
    synchronized (latest) {
      latest.computeIfPresent(name, (any, last) -> last.reason() == null ? last : null);
    }
  }

  /** The last update of a bundle, which may still run. */
  Optional<PluginUpdate> latest(String name) {
    synchronized (latest) {
      return Optional.ofNullable(latest.get(name));
    }
  }

  /** Waits until a bundle's update has ended; there must have been one. */
  PluginUpdate await(String name, Operation operation) {
    operation.await(
        () -> latest(name).filter(each -> each.state() == State.RUNNING).isEmpty(), LOOK);
    return latest(name)
        .orElseThrow(
            () ->
                new BangerException(
                    ErrorCode.NOT_FOUND, name + " was not updated since the daemon started"));
  }
}
