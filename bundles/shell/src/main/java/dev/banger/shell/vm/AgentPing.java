// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestService;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.time.Duration;
import java.util.Locale;

/** Asks a guest's agent whether it is there. */
final class AgentPing {
  /** One that is well takes milliseconds, and on a busy host without KVM not a second. */
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final GuestService guests;

  AgentPing(GuestService guests) {
    this.guests = guests;
  }

  /**
   * The time that it takes to answer.
   *
   * @return in milliseconds, such as {@code 1.8 ms}
   * @throws BangerException NOT_RUNNING, OPERATION_FAILED when it does not answer
   */
  String roundTrip(Vm vm, Operation operation) {
    try {
      Duration time = guests.ping(vm.id(), operation.within(LIMIT));
      return String.format(Locale.ROOT, "%.1f ms", time.toNanos() / 1e6);
    } catch (BangerException e) {
      operation.check();
      if (e.code() != ErrorCode.DEADLINE_EXCEEDED) {
        throw e;
      }
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the agent of '" + vm.name() + "' does not answer within " + LIMIT.toSeconds() + " s",
          e);
    }
  }
}
