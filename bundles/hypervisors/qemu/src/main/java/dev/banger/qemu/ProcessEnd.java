// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.Optional;

/** Ends a process: asks, then insists. */
final class ProcessEnd {
  /** How long a process may take at each step. */
  static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration OWN_END = Duration.ofMillis(500);
  private static final Duration LAST_WAIT = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(5);

  private final ProcessTable processes;

  ProcessEnd(ProcessTable processes) {
    this.processes = processes;
  }

  /**
   * Gives a process that was told to end the time for it, and ends it when it does not.
   *
   * @throws BangerException OPERATION_FAILED when not even KILL ends it; CANCELLED
   */
  void await(ProcessIdentity process, Operation operation) {
    if (!gone(process, OWN_END, operation)) {
      end(process, operation);
    }
  }

  /**
   * Returns when the process is gone.
   *
   * @throws BangerException OPERATION_FAILED when not even KILL ends it; CANCELLED
   */
  void end(ProcessIdentity process, Operation operation) {
    handle(process).ifPresent(ProcessHandle::destroy);
    if (gone(process, PATIENCE, operation)) {
      return;
    }
    handle(process).ifPresent(ProcessHandle::destroyForcibly);
    if (!gone(process, LAST_WAIT, operation)) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "process %d does not end, not even by KILL: look at it with 'ps -o stat,wchan -p %d'"
              .formatted(process.pid(), process.pid()));
    }
  }

  private Optional<ProcessHandle> handle(ProcessIdentity process) {
    return processes.alive(process) ? ProcessHandle.of(process.pid()) : Optional.empty();
  }

  private boolean gone(ProcessIdentity process, Duration limit, Operation operation) {
    try {
      operation.within(limit).await(() -> !processes.alive(process), PAUSE);
      return true;
    } catch (BangerException e) {
      if (e.code() != ErrorCode.DEADLINE_EXCEEDED) {
        throw e;
      }
      return false;
    }
  }
}
