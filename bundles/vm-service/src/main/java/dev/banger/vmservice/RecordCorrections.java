// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Shows records as they should be, and corrects behind their callers' backs those that say that a
 * machine runs whose VMM has ended.
 */
final class RecordCorrections {
  private static final Logger LOG = LoggerFactory.getLogger(RecordCorrections.class);

  private final MachineParts parts;
  private final Reconciliation reconciliation;
  private final InFlight inFlight;
  private final Set<String> under = ConcurrentHashMap.newKeySet();
  private final Operation background = Operation.background();
  private final ExecutorService executor =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          RecordCorrections::thread,
          // After the end: the next service will see to it.
          new ThreadPoolExecutor.DiscardPolicy());

  RecordCorrections(MachineParts parts, Reconciliation reconciliation, InFlight inFlight) {
    this.parts = parts;
    this.reconciliation = reconciliation;
    this.inFlight = inFlight;
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "vm-reconciliation");
    thread.setDaemon(true);
    return thread;
  }

  /** The record as it should be; empty when it is gone meanwhile. */
  Optional<Vm> asItIs(Vm vm) {
    if (vm.state() != VmState.RUNNING || !isSurelyDead(vm)) {
      return Optional.of(vm);
    }
    if (inFlight.holds(vm.id())) {
      // Whoever holds it is about to record how it ended.
      return Optional.of(vm.notRunning(VmState.STOPPED, null));
    }
    // After the look at who holds it: what an operation did meanwhile is recorded by now.
    Optional<Vm> now = parts.store().findById(vm.id());
    if (!now.equals(Optional.of(vm))) {
      return now;
    }
    if (under.add(vm.id())) {
      later(
          operation -> {
            under.remove(vm.id());
            reconciliation.reconcile(vm.id(), operation);
          });
    }
    return Optional.of(vm.notRunning(VmState.STOPPED, Reconciliation.whyEnded(vm)));
  }

  private boolean isSurelyDead(Vm vm) {
    try {
      return !reconciliation.isAlive(vm);
    } catch (RuntimeException e) {
      return false; // its hypervisor is being updated
    }
  }

  /** What is to be done without having been asked for; its operation is cancelled by the end. */
  void later(Consumer<Operation> work) {
    executor.execute(
        () -> {
          try (MDC.MDCCloseable id = MDC.putCloseable("op_id", background.id())) {
            work.accept(background);
          } catch (RuntimeException e) {
            boolean busy =
                e instanceof BangerException error && error.code() == ErrorCode.DEADLINE_EXCEEDED;
            if (!busy && !background.ended()) {
              LOG.warn("a record could not be corrected", e);
            }
          }
        });
  }

  /** Begins nothing any more and cancels what is under way. */
  void close() {
    background.cancel("the daemon is stopping");
    executor.shutdown();
  }

  /**
   * Waits for the end of what is under way.
   *
   * @return whether it came before that of the operation
   */
  boolean awaitEnd(Operation whole) throws InterruptedException {
    long left = whole.remaining().orElseThrow().toMillis();
    return executor.awaitTermination(left, TimeUnit.MILLISECONDS);
  }
}
