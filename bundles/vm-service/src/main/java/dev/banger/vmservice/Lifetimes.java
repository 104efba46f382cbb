// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Lifetime;
import java.time.Duration;
import java.time.Instant;

/** Bounds of the time after which machines end by themselves. */
final class Lifetimes {
  /** A machine must be able to boot and be reached before it counts as idle. */
  private static final Duration SHORTEST_IDLE = Duration.ofMinutes(1);

  private static final Duration LONGEST = Duration.ofDays(3650);

  private Lifetimes() {}

  /**
   * Returns when a new machine may have what is asked for it.
   *
   * @throws BangerException BAD_REQUEST
   */
  static void check(CreateVm request) {
    if (request.timeToLive() != null) {
      checkTimeToLive(request.timeToLive());
    }
    if (request.idleStop() != null) {
      checkIdleStop(request.idleStop());
    }
  }

  /** The lifetime of a machine that is made now. */
  static Lifetime of(CreateVm request, Instant now) {
    return new Lifetime(
        request.timeToLive() == null ? null : now.plus(request.timeToLive()), request.idleStop());
  }

  /**
   * A lifetime after a change.
   *
   * @param timeToLive from now on; zero: no end; null: as before
   * @param idleStop zero: never; null: as before
   * @throws BangerException BAD_REQUEST
   */
  static Lifetime changed(Lifetime lifetime, Duration timeToLive, Duration idleStop, Instant now) {
    Instant expiresAt = lifetime.expiresAt();
    if (timeToLive != null) {
      expiresAt = timeToLive.isZero() ? null : now.plus(checkTimeToLive(timeToLive));
    }
    Duration idle = lifetime.idleStop();
    if (idleStop != null) {
      idle = idleStop.isZero() ? null : checkIdleStop(idleStop);
    }
    return new Lifetime(expiresAt, idle);
  }

  private static Duration checkTimeToLive(Duration timeToLive) {
    return within(timeToLive, Duration.ofSeconds(1), "the time to live");
  }

  private static Duration checkIdleStop(Duration idleStop) {
    return within(idleStop, SHORTEST_IDLE, "the idle time");
  }

  private static Duration within(Duration value, Duration least, String what) {
    if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "%s must be %s to %s, not %s"
              .formatted(
                  what,
                  Quantities.duration(least),
                  Quantities.duration(LONGEST),
                  Quantities.duration(value)));
    }
    return value;
  }
}
