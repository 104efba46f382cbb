// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.operation.Operation;
import dev.banger.plugin.Drain;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.service.component.ComponentContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * The commands that run through this bundle. Before it is updated it offers no more of them, so
 * that whoever asks waits for its next version, and lets those end that do so soon.
 */
@Component(service = {Drain.class, RunningCommands.class})
public final class RunningCommands implements Drain {
  /**
   * What takes longer, perhaps for ever, goes on with the code that it has begun with: every caller
   * waits as long.
   */
  private static final Duration GRACE = Duration.ofMillis(50);

  private static final Duration LOOK = Duration.ofMillis(5);

  private static final Duration WITHDRAWAL = Duration.ofSeconds(1);

  private final CountDownLatch withdrawn = new CountDownLatch(1);
  private final AtomicInteger running = new AtomicInteger();
  private final Runnable stopOffering;
  private final Duration grace;

  @Activate
  public RunningCommands(ComponentContext context) {
    this(() -> context.disableComponent(ContributedCommands.class.getName()), GRACE);
  }

  RunningCommands(Runnable stopOffering) {
    this(stopOffering, GRACE);
  }

  /**
   * @param grace for the commands that run
   */
  RunningCommands(Runnable stopOffering, Duration grace) {
    this.stopOffering = stopOffering;
    this.grace = grace;
  }

  /** Counts a command until it is closed. */
  Entered enter() {
    running.incrementAndGet();
    return running::decrementAndGet;
  }

  /** A command that runs. */
  interface Entered extends AutoCloseable {
    @Override
    void close();
  }

  /** No command is offered any more. */
  void withdrawn() {
    withdrawn.countDown();
  }

  @Override
  public void pause() {
    stopOffering.run();
    try {
      boolean unused = withdrawn.await(WITHDRAWAL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void drain(Operation operation) {
    long deadline = System.nanoTime() + grace.toNanos();
    operation.await(() -> running.get() == 0 || System.nanoTime() - deadline >= 0, LOOK);
  }
}
