// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** A running command of the host. */
final class ChildProcess implements HostProcess {
  private static final Logger LOG = LoggerFactory.getLogger(ChildProcess.class);
  private static final int STDERR_LIMIT = 64 << 10;

  /** For a program that removes its own temporary files when it is asked to end. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** How long a grandchild that inherited an output may keep its reader after the command's end. */
  private static final Duration STRAGGLERS = Duration.ofSeconds(1);

  private final String program;
  private final Process process;
  private final Operation operation;
  private final CapturedOutput stderr;
  private final Thread stderrReader;
  private final Operation.Registration cancellation;
  private List<ProcessHandle> asked = List.of();

  ChildProcess(String program, Process process, Consumer<String> errors, Operation operation) {
    this.program = program;
    this.process = process;
    this.operation = operation;
    this.stderr = new CapturedOutput(process.getErrorStream(), STDERR_LIMIT, errors);
    this.stderrReader = startReader("stderr", stderr);
    this.cancellation = operation.onCancel(this::askToEnd);
  }

  private Thread startReader(String what, Runnable reader) {
    Thread thread =
        new Thread(
            () -> {
              try (MDC.MDCCloseable id = MDC.putCloseable("op_id", operation.id())) {
                reader.run();
              }
            },
            program + " " + what);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  @Override
  public InputStream stdout() {
    return process.getInputStream();
  }

  /** Reads all its output and waits for its end. */
  CommandResult captureAndAwait(int limit, Operation waiter) {
    CapturedOutput stdout = new CapturedOutput(process.getInputStream(), limit, line -> {});
    Thread reader = startReader("stdout", stdout);
    CommandResult result = await(waiter);
    join(reader);
    return new CommandResult(result.status(), stdout.text(), result.stderr());
  }

  @Override
  public CommandResult await(Operation waiter) {
    CountDownLatch wakeUp = new CountDownLatch(1);
    process.onExit().thenRun(wakeUp::countDown);
    try (Operation.Registration registration = waiter.onCancel(wakeUp::countDown)) {
      Duration left = waiter.remaining().orElse(null);
      if (left == null) {
        wakeUp.await();
      } else {
        wakeUp.await(left.toNanos() + 1, TimeUnit.NANOSECONDS);
      }
      if (process.isAlive() || waiter.ended()) {
        end();
        waiter.check();
        throw new BangerException(ErrorCode.CANCELLED, program + " was ended");
      }
    } catch (InterruptedException e) {
      end();
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted while running " + program, e);
    }
    join(stderrReader);
    return new CommandResult(process.exitValue(), "", stderr.text());
  }

  private static void join(Thread reader) {
    try {
      reader.join(STRAGGLERS.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The command and all that it started, the newest last. */
  private List<ProcessHandle> tree() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
  }

  /**
   * Asks the command and its children, and gives all that were ever asked: children whose parent
   * ends first are no longer found through it. One caller at a time, since between one's signals
   * and another's look at the tree the parent may be gone.
   */
  private synchronized List<ProcessHandle> askToEnd() {
    asked = Stream.concat(asked.stream(), tree().stream()).distinct().toList();
    asked.forEach(ProcessHandle::destroy);
    return asked;
  }

  /** Ends the command and its children: first they are asked, then they are killed. */
  private void end() {
    List<ProcessHandle> tree = askToEnd();
    long deadline = System.nanoTime() + GRACE.toNanos();
    try {
      for (ProcessHandle member : tree) {
        awaitExit(member, deadline - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // What was forked meanwhile is found through those that are still there.
    Stream.concat(tree.stream(), tree.stream().flatMap(ProcessHandle::descendants))
        .distinct()
        .toList()
        .forEach(ProcessHandle::destroyForcibly);
  }

  private static void awaitExit(ProcessHandle member, long nanos) throws InterruptedException {
    CountDownLatch exited = new CountDownLatch(1);
    member.onExit().thenRun(exited::countDown);
    exited.await(Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    cancellation.close();
    if (process.isAlive()) {
      end();
    }
    try {
      process.getInputStream().close();
    } catch (IOException e) {
      LOG.debug("The output of {} was not closed cleanly", program, e);
    }
  }
}
