// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestService;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a relay running in one guest, in a thread of its own, until it is cancelled. */
final class KeptRelay {
  private static final Logger LOG = LoggerFactory.getLogger(KeptRelay.class);

  /** An emulated guest under load starts a program within this. */
  private static final Duration START_LIMIT = Duration.ofSeconds(20);

  /** The guest service gives a command five seconds to end. */
  private static final Duration END_LIMIT = Duration.ofSeconds(7);

  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /** The guest is gone, or will never be able to. */
  private static final Set<ErrorCode> FINAL =
      Set.of(ErrorCode.NOT_RUNNING, ErrorCode.NOT_FOUND, ErrorCode.BAD_VERSION);

  private final Vm vm;
  private final HostAgent agent;
  private final GuestService guests;
  private final Operation operation = Operation.background();
  private final Thread thread;
  private final CountDownLatch settled = new CountDownLatch(1);
  private volatile boolean listening;
  private volatile BangerException failure;

  KeptRelay(Vm vm, HostAgent agent, GuestService guests) {
    this.vm = vm;
    this.agent = agent;
    this.guests = guests;
    this.thread = new Thread(this::keep, "ssh-agent-relay " + vm.name());
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void keep() {
    Duration pause = SHORTEST_PAUSE;
    try {
      while (!operation.ended()) {
        boolean listened = run();
        if (FINAL.contains(failure.code())) {
          return;
        }
        pause = listened ? SHORTEST_PAUSE : pause.multipliedBy(2);
        operation.pause(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
      }
    } catch (BangerException e) {
      LOG.debug("the relay of {} is kept no longer: {}", vm.name(), e.getMessage());
    } finally {
      settled.countDown();
    }
  }

  /** Runs one relay to its end. */
  private boolean run() {
    AgentRelay relay = new AgentRelay(agent, this::nowListening);
    boolean listened;
    try {
      relay.run(guests, vm.id(), operation);
    } catch (BangerException e) {
      failure = e;
    } catch (RuntimeException e) {
      failure = new BangerException(ErrorCode.OPERATION_FAILED, e.toString(), e);
    } finally {
      listened = listening;
      listening = false;
      settled.countDown();
    }
    if (!operation.ended()) {
      LOG.info("{} cannot use the ssh agent: {}", vm.name(), failure.getMessage());
    }
    return listened;
  }

  private void nowListening() {
    listening = true;
    settled.countDown();
  }

  /**
   * Returns when programs in the guest can use it.
   *
   * @throws BangerException why they cannot
   */
  void awaitListening(Operation caller) {
    caller.within(START_LIMIT).await(() -> settled.getCount() == 0, Duration.ofMillis(5));
    BangerException failed = failure;
    if (failed != null && !listening) {
      throw new BangerException(failed.code(), failed.getMessage(), failed);
    }
  }

  void cancel() {
    operation.cancel("the ssh agent is not to be used any more");
  }

  /** Returns when the thread has ended, or has had its time. */
  void awaitEnd() {
    try {
      thread.join(END_LIMIT.toMillis());
      if (thread.isAlive()) {
        LOG.warn("the relay of {} does not end", vm.name());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Why programs in the guest cannot use it now, if so. */
  Optional<String> problem() {
    BangerException failed = failure;
    return listening || failed == null
        ? Optional.empty()
        : Optional.of("vm \"%s\": %s".formatted(vm.name(), failed.getMessage()));
  }
}
