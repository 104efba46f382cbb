// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.event.Event;
import dev.banger.event.EventStream;
import dev.banger.operation.Operation;
import dev.banger.store.VmStore;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes machines whose time is over and stops idle ones, never without a warning before. What is
 * waited for is measured by a clock that does not jump; a machine's end also needs the calendar's.
 */
@Component(
    service = {},
    immediate = true)
public final class LifetimeWatch {
  private static final Logger LOG = LoggerFactory.getLogger(LifetimeWatch.class);
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  /** How long before its end a machine is first warned of. */
  private static final Duration WARNING = Duration.ofMinutes(5);

  /** What is left after a warning at least, also when the calendar says that all is over. */
  private static final Duration NOTICE = Duration.ofMinutes(1);

  private static final Duration GRACE = Duration.ofSeconds(30);

  private final LifetimeEnd ends;
  private final VmStore store;
  private final VmEvents events;
  private final Activity activity;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final Operation operation = Operation.background();
  private final Map<String, Watched> watched = new HashMap<>();
  private final Set<String> ending = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "vm-lifetimes"));
  private final ExecutorService endings =
      Executors.newCachedThreadPool(task -> daemon(task, "vm-lifetime-end"));

  @Activate
  public LifetimeWatch(
      @Reference LifetimeEnd ends,
      @Reference VmStore store,
      @Reference EventStream events,
      @Reference Activity activity) {
    this(ends, store, events, activity, InstantSource.system(), System::nanoTime);
    ticks.scheduleWithFixedDelay(
        this::tick, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** One that looks only when it is told to. */
  LifetimeWatch(
      LifetimeEnd ends,
      VmStore store,
      EventStream events,
      Activity activity,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.ends = ends;
    this.store = store;
    this.events = new VmEvents(events);
    this.activity = activity;
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  @Deactivate
  void deactivate() {
    operation.cancel("the daemon is stopping");
    ticks.shutdownNow();
    endings.shutdown();
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Looks at all machines; for one thread at a time. */
  void tick() {
    try {
      var machines = store.list();
      watched.keySet().retainAll(machines.stream().map(Vm::id).collect(Collectors.toSet()));
      for (Vm vm : machines) {
        look(vm);
      }
    } catch (RuntimeException e) {
      LOG.warn("the lifetimes of machines cannot be looked at: {}", e.toString());
    }
  }

  private void look(Vm vm) {
    if (ending.contains(vm.id())) {
      return;
    }
    Watched its = watched.computeIfAbsent(vm.id(), id -> new Watched());
    if (vm.lifetime().expiresAt() != null) {
      lookAtExpiry(vm, its);
    }
    if (vm.lifetime().idleStop() != null && vm.state() == VmState.RUNNING) {
      lookAtIdleness(vm, its);
    }
  }

  private void lookAtExpiry(Vm vm, Watched its) {
    Instant expiresAt = vm.lifetime().expiresAt();
    Instant now = clock.instant();
    Duration left = Duration.between(now, expiresAt);
    if (!expiresAt.equals(its.announced)) {
      if (left.compareTo(WARNING) <= 0) {
        Duration notice = left.isNegative() || left.isZero() ? NOTICE : least(left, NOTICE);
        its.announced = expiresAt;
        its.noticeEnds = nanoTime.getAsLong() + notice.toNanos();
        Instant end = left.compareTo(notice) > 0 ? expiresAt : end(notice);
        events.tell(Event.EXPIRING, vm, operation, "at", end);
      }
    } else if (!now.isBefore(expiresAt) && nanoTime.getAsLong() - its.noticeEnds >= 0) {
      its.noticeEnds = nanoTime.getAsLong() + NOTICE.toNanos(); // should it fail
      end(vm, "time to live", () -> ends.deleteDue(vm, operation));
    }
  }

  private void lookAtIdleness(Vm vm, Watched its) {
    long now = nanoTime.getAsLong();
    boolean otherRun = !vm.startedAt().equals(its.startedAt);
    boolean touched = vm.lastUsedAt() != null && !vm.lastUsedAt().equals(its.lastUsedAt);
    // Asked every time: it tells of the time since it was last asked.
    if (activity.isActive(vm) || otherRun || touched) {
      its.startedAt = vm.startedAt();
      its.lastUsedAt = vm.lastUsedAt();
      its.activeAt = now;
      its.idleTold = false;
      return;
    }
    Duration limit = vm.lifetime().idleStop();
    Duration left = limit.minusNanos(now - its.activeAt);
    if (!its.idleTold && left.compareTo(least(NOTICE, limit.dividedBy(2))) <= 0) {
      its.idleTold = true;
      events.tell(Event.IDLE, vm, operation, "at", end(left));
    } else if (left.isNegative() || left.isZero()) {
      its.activeAt = now; // should it fail
      its.idleTold = false;
      end(vm, "idle time", () -> ends.stopDue(vm, GRACE, operation));
    }
  }

  private Instant end(Duration left) {
    return clock.instant().plus(left).truncatedTo(ChronoUnit.SECONDS);
  }

  private static Duration least(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private void end(Vm vm, String what, Runnable how) {
    ending.add(vm.id());
    endings.execute(
        () -> {
          try {
            if (store.findById(vm.id()).filter(now -> LifetimeEnd.isDue(vm, now)).isPresent()) {
              LOG.info("the {} of {} is over", what, vm.name());
              how.run();
            }
          } catch (BangerException e) {
            LOG.warn("{} could not be ended at its time: {}", vm.name(), e.getMessage());
          } finally {
            ending.remove(vm.id());
          }
        });
  }

  /** What is known of a machine between two looks; times are of the clock that does not jump. */
  private static final class Watched {
    private Instant announced;
    private long noticeEnds;
    private Instant startedAt;
    private Instant lastUsedAt;
    private long activeAt;
    private boolean idleTold;
  }
}
