// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Cleanup;
import dev.banger.capability.PostStart;
import dev.banger.error.BangerException;
import dev.banger.event.Event;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Applies capabilities that arrive to machines that run, pays what is owed to them by machines that
 * do not, and cleans up after those that leave.
 */
final class HotPlug implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HotPlug.class);

  /** How long a service that leaves is held up in all. */
  private static final Duration FAREWELL = Duration.ofSeconds(15);

  /** When the daemon starts capabilities may come before the driver that knows what runs. */
  private static final Duration HYPERVISOR_ARRIVAL = Duration.ofMinutes(1);

  /** One machine that makes trouble must not keep the capabilities from all others. */
  private static final Duration RECONCILIATION = Duration.ofSeconds(20);

  private static final Duration PAUSE = Duration.ofMillis(50);

  /** Machines that are worked on at once. */
  private static final int WIDTH = 16;

  private final MachineParts parts;
  private final Hypervisors hypervisors;
  private final Reconciliation reconciliation;
  private final MachineLocks locks;
  private final Supplier<Set<String>> workedOn;
  private final Operation background = Operation.background();

  /** Machines whose turn has not come: what arrives until then is applied with the rest. */
  private final Set<String> queued = ConcurrentHashMap.newKeySet();

  private final ThreadPoolExecutor arriving = pool("capability-arrival");
  private final ThreadPoolExecutor leaving = pool("capability-departure");
  private final Operation.Registration arrivals;
  private final Operation.Registration departures;

  /**
   * Begins with the capabilities that are there.
   *
   * @param workedOn the machines whose locks operations hold, by their ids
   */
  HotPlug(
      MachineParts parts,
      Hypervisors hypervisors,
      Reconciliation reconciliation,
      MachineLocks locks,
      Supplier<Set<String>> workedOn) {
    this.parts = parts;
    this.workedOn = workedOn;
    this.hypervisors = hypervisors;
    this.reconciliation = reconciliation;
    this.locks = locks;
    this.departures = parts.capabilities().onDeparture(this::left);
    this.arrivals = parts.capabilities().onArrival(this::arrived);
  }

  private static ThreadPoolExecutor pool(String name) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            WIDTH,
            WIDTH,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            },
            // After closing: the next service will see to it.
            new ThreadPoolExecutor.DiscardPolicy());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Begins nothing any more, and cancels what is under way: nobody is left behind unwatched. */
  @Override
  public void close() {
    arrivals.close();
    departures.close();
    background.cancel("the machine service is being updated or stopped");
    arriving.shutdown();
    leaving.shutdown();
  }

  /**
   * Waits for the end of what was cancelled: the next service has locks of its own, and must not
   * start a machine that this one still cleans up.
   *
   * @return whether it has ended
   */
  boolean awaitEnd(Operation whole) throws InterruptedException {
    return awaitEnd(arriving, whole) && awaitEnd(leaving, whole);
  }

  private static boolean awaitEnd(ThreadPoolExecutor pool, Operation whole)
      throws InterruptedException {
    return pool.awaitTermination(whole.remaining().orElseThrow().toMillis(), TimeUnit.MILLISECONDS);
  }

  private void arrived(Hook<?> hook) {
    if (hook.service() instanceof PostStart || hook.service() instanceof Cleanup) {
      // Before the records are read: a start that ends in between has recorded that it runs.
      Set<String> changing = workedOn.get();
      forEach(
          arriving,
          vm ->
              (hook.concerns(vm) || vm.capabilities().contains(hook.capability()))
                  && (mayRunOrOwe(vm) || changing.contains(vm.id()))
                  && queued.add(vm.id()),
          vm -> {
            queued.remove(vm.id()); // before the look at what is there
            apply(vm);
          });
    }
  }

  /** What else is worked on may be a start, which knows only what was there at its beginning. */
  private static boolean mayRunOrOwe(Vm vm) {
    return vm.state() == VmState.RUNNING || !vm.capabilities().isEmpty();
  }

  /** Works on the machines that a condition selects. */
  private List<Future<?>> forEach(
      ThreadPoolExecutor pool, Predicate<Vm> condition, Consumer<Vm> work) {
    List<Future<?>> works = new ArrayList<>();
    try {
      parts.store().list().stream()
          .filter(condition)
          .forEach(vm -> works.add(pool.submit(() -> attempt(vm, work))));
    } catch (BangerException e) {
      LOG.warn("capabilities cannot follow: {}", e.getMessage());
    }
    return works;
  }

  private void attempt(Vm vm, Consumer<Vm> work) {
    try (MDC.MDCCloseable id = MDC.putCloseable("op_id", background.id())) {
      work.accept(vm);
    } catch (RuntimeException | Error e) {
      Failures.requireWorkingJava(e);
      if (!background.ended()) {
        LOG.warn("the capabilities of {} cannot follow: {}", vm.name(), e.toString());
      }
    }
  }

  /** Applies to a machine all that it lacks, in calling order; one that does not run pays. */
  private void apply(Vm seen) {
    if (seen.state() == VmState.RUNNING) {
      awaitHypervisor(seen);
      awaitReconciliation(seen);
    }
    boolean owes;
    try (KeyedLocks.Held held = locks.acquireToLookAfter(seen.id(), background)) {
      Vm vm = parts.store().findById(seen.id()).orElse(null);
      if (vm == null) {
        return;
      }
      if (reconciliation.isAlive(vm)) {
        applyLocked(vm);
      }
      owes = vm.state() != VmState.RUNNING && !vm.capabilities().isEmpty();
    }
    if (owes) {
      reconciliation.reconcile(seen.id(), background);
    }
  }

  private void awaitHypervisor(Vm vm) {
    Operation.background()
        .within(HYPERVISOR_ARRIVAL)
        .await(() -> hypervisors.find(vm.hypervisor()).isPresent() || background.ended(), PAUSE);
  }

  /** Which machines run is told first: until then what is done here would only be in its way. */
  private void awaitReconciliation(Vm vm) {
    try {
      Operation.background()
          .within(RECONCILIATION)
          .await(() -> reconciliation.isDone(vm.hypervisor()) || background.ended(), PAUSE);
    } catch (BangerException e) {
      LOG.debug("{} is not waited for any longer: {}", vm.name(), e.getMessage());
    }
  }

  private void applyLocked(Vm running) {
    Vm vm = running;
    CapabilitySet present = parts.capabilities().snapshot().concerning(running);
    for (Hook<PostStart> hook : present.of(PostStart.class)) {
      if (parts.told().add(vm, hook)) {
        boolean again = vm.capabilities().contains(hook.capability());
        vm = owing(vm, hook.capability(), present);
        Vm told = vm;
        tell(
            // Each daemon tells all that is there of all that runs: that is no event.
            again ? null : Event.CAPABILITY_APPLIED,
            vm,
            hook,
            () ->
                parts
                    .hookCalls()
                    .call(
                        hook,
                        told,
                        background,
                        (service, operation) -> service.started(told, true, operation)));
      }
    }
  }

  /** Before anything is made: after a crash the record tells whose clean-up is owed. */
  private Vm owing(Vm vm, String capability, CapabilitySet present) {
    if (vm.capabilities().contains(capability) || !present.canCleanUp(capability)) {
      return vm;
    }
    List<String> more = new ArrayList<>(vm.capabilities());
    more.add(capability);
    Vm owing = vm.withCapabilities(more);
    parts.store().update(owing);
    return owing;
  }

  /**
   * One capability that makes trouble must not keep the others from being applied.
   *
   * @param kind the event of its success; null for none
   */
  private void tell(String kind, Vm vm, Hook<?> hook, Runnable work) {
    long begin = System.nanoTime();
    String error = null;
    try {
      work.run();
    } catch (BangerException e) {
      LOG.warn("{}: {}", vm.name(), e.getMessage());
      error = e.getMessage();
    }
    if (kind == null && error == null) {
      return;
    }
    parts
        .events()
        .tell(
            error == null ? kind : Event.CAPABILITY_FAILED,
            vm,
            background,
            "capability",
            hook.capability(),
            "bundle",
            hook.bundle() + " " + hook.version(),
            "ms",
            VmEvents.since(begin),
            "error",
            error);
  }

  /**
   * Applies what has come to concern a machine that runs, and cleans up after what no longer does.
   * For the holder of its lock.
   *
   * @return the record afterwards
   */
  Vm follow(Vm running) {
    applyLocked(running);
    CapabilitySet present = parts.capabilities().snapshot();
    CapabilitySet concerning = present.concerning(running);
    for (Hook<PostStart> hook : present.of(PostStart.class)) {
      if (!hook.concerns(running)) {
        parts.told().forget(running.id(), hook);
      }
    }
    for (Hook<Cleanup> hook : present.of(Cleanup.class)) {
      if (running.capabilities().contains(hook.capability())
          && !concerning.knows(hook.capability())) {
        cleanUpLocked(stored(running), hook, background);
      }
    }
    return stored(running);
  }

  private Vm stored(Vm vm) {
    return parts.store().findById(vm.id()).orElse(vm);
  }

  /** Cleans up after a service that leaves, unless another of its capability takes over. */
  private void left(Hook<?> hook) {
    try {
      Hook<Cleanup> cleanup = hook.as(Cleanup.class).orElse(null);
      String capability = hook.capability();
      if (cleanup == null || parts.capabilities().snapshot().canCleanUp(capability)) {
        return;
      }
      Operation limit = background.within(FAREWELL);
      await(
          forEach(
              leaving,
              vm -> vm.capabilities().contains(capability),
              vm -> cleanUp(vm.id(), cleanup, limit)),
          limit);
    } finally {
      parts.told().forget(hook);
    }
  }

  private static void await(List<Future<?>> works, Operation limit) {
    try {
      for (Future<?> work : works) {
        Object unused =
            work.get(limit.remaining().orElseThrow().toNanos() + 1, TimeUnit.NANOSECONDS);
      }
    } catch (TimeoutException e) {
      LOG.warn("a capability leaves before it could be cleaned up; what it left is still owed");
      limit.cancel("the capability leaves");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // each has told its own failure
    } catch (InterruptedException e) {
      limit.cancel("the capability leaves");
      Thread.currentThread().interrupt();
    }
  }

  private void cleanUp(String vmId, Hook<Cleanup> hook, Operation limit) {
    try (KeyedLocks.Held held = locks.acquireToLookAfter(vmId, limit)) {
      Vm vm = parts.store().findById(vmId).orElse(null);
      if (vm == null || !vm.capabilities().contains(hook.capability())) {
        return;
      }
      cleanUpLocked(vm, hook, limit);
    }
  }

  private void cleanUpLocked(Vm vm, Hook<Cleanup> hook, Operation limit) {
    tell(
        Event.CAPABILITY_REMOVED,
        vm,
        hook,
        () -> {
          parts
              .hookCalls()
              .call(hook, vm, limit, (service, operation) -> service.cleanUp(vm, operation));
          List<String> left = new ArrayList<>(vm.capabilities());
          left.remove(hook.capability());
          parts.store().update(vm.withCapabilities(left));
        });
  }
}
