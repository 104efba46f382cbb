// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.MachineStatistics;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets machines go on that stand still because the host's disk was full: QEMU holds a guest whose
 * write finds no space, which loses nothing, and waits for somebody to tell it that there is space
 * again. Only a machine that does not compute is asked how it is.
 */
final class StandstillWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StandstillWatch.class);
  private static final Duration PERIOD = Duration.ofSeconds(5);

  /** More than a QEMU whose guest stands still takes in a period; an idle guest may take less. */
  private static final Duration COMPUTES = Duration.ofMillis(20);

  private static final Duration ANSWER = Duration.ofSeconds(1);

  private final Function<MachineHandle, Optional<MachineStatistics>> usage;
  private final Duration period;
  private final Duration answer;
  private final Map<Path, Machine> machines = new ConcurrentHashMap<>();
  private ScheduledExecutorService timer;
  private boolean closed;

  StandstillWatch(Function<MachineHandle, Optional<MachineStatistics>> usage) {
    this(usage, PERIOD, ANSWER);
  }

  /**
   * @param period between two looks
   * @param answer how long a machine may take for its answers
   */
  StandstillWatch(
      Function<MachineHandle, Optional<MachineStatistics>> usage,
      Duration period,
      Duration answer) {
    this.usage = usage;
    this.period = period;
    this.answer = answer;
  }

  /** A machine that is looked at; its state is the timer's own. */
  private static final class Machine {
    private final MachineHandle handle;
    private Duration processorTime;
    private boolean still;

    Machine(MachineHandle handle) {
      this.handle = handle;
    }
  }

  /**
   * Looks at a machine from now on, until it ends.
   *
   * @return whether it did not before
   */
  synchronized boolean watch(MachineHandle handle) {
    Machine known = machines.get(handle.controlSocket());
    if (closed || known != null && known.handle.equals(handle)) {
      return false;
    }
    machines.put(handle.controlSocket(), new Machine(handle));
    if (timer == null) {
      timer =
          Executors.newSingleThreadScheduledExecutor(
              task -> {
                Thread thread = new Thread(task, "standstill-watch");
                thread.setDaemon(true);
                return thread;
              });
      timer.scheduleWithFixedDelay(
          this::lookAtAll, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
    }
    return true;
  }

  private void lookAtAll() {
    machines.values().forEach(this::lookAt);
    stopIfIdle();
  }

  private void lookAt(Machine machine) {
    try {
      Optional<MachineStatistics> used = usage.apply(machine.handle);
      if (used.isEmpty()) {
        machines.remove(machine.handle.controlSocket(), machine);
        return;
      }
      Duration before = machine.processorTime;
      machine.processorTime = used.get().processorTime();
      if (before != null && machine.processorTime.minus(before).compareTo(COMPUTES) < 0) {
        ask(machine);
      } else {
        tell(machine, false);
      }
    } catch (BangerException e) {
      LOG.debug("process {} does not tell how it is", machine.handle.pid(), e);
    } catch (RuntimeException e) {
      LOG.warn("process {} cannot be looked at", machine.handle.pid(), e);
    }
  }

  private void ask(Machine machine) {
    Operation operation = Operation.background().within(answer);
    try (QmpClient qmp = QmpClient.connect(machine.handle.controlSocket(), operation)) {
      boolean still =
          qmp.execute("query-status", Map.of()).path("status").asText().equals("io-error");
      tell(machine, still);
      if (still) {
        qmp.execute("cont", Map.of()); // it writes again, and stands still again if that fails
      }
    }
  }

  private static void tell(Machine machine, boolean still) {
    if (still && !machine.still) {
      LOG.warn(
          "the guest of process {} stands still: it wrote, and the host's disk is full; it goes on"
              + " when there is space",
          machine.handle.pid());
    } else if (!still && machine.still) {
      LOG.info("the guest of process {} goes on", machine.handle.pid());
    }
    machine.still = still;
  }

  private synchronized void stopIfIdle() {
    if (machines.isEmpty()) {
      stop();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    stop();
  }

  private synchronized void stop() {
    if (timer != null) {
      timer.shutdown();
      timer = null;
    }
  }
}
