// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Makes points of the fakes fail: named ones, or the one that is reached after so many others. */
final class Faults {
  private final Set<String> failing = ConcurrentHashMap.newKeySet();
  private final Set<String> killing = ConcurrentHashMap.newKeySet();
  private Upcoming upcoming;
  private volatile boolean dead;

  void inject(String point) {
    failing.add(point);
  }

  /** Ends the caller at a point as a kill of the process would: nothing is undone. */
  void kill(String point) {
    killing.add(point);
  }

  /** Kills the process after so many points: whatever it does from there on kills it again. */
  void killAfter(int points) {
    arm(
        points,
        () -> {
          dead = true;
          throw new Killed();
        });
  }

  /** Makes one point fail, after so many others. */
  void failAfter(int points) {
    arm(
        points,
        () -> {
          throw new Injected();
        });
  }

  /**
   * Makes all points of some names fail, from one point on that is reached after so many others.
   */
  void failFrom(int points, Set<String> names) {
    arm(points, () -> failing.addAll(names));
  }

  /** Does something at one point, after so many others. */
  synchronized void arm(int points, Runnable action) {
    upcoming = new Upcoming(points, action);
  }

  /** Kills the process here and now. */
  void killNow() {
    dead = true;
  }

  boolean dead() {
    return dead;
  }

  /** Whether what was armed has not happened. */
  synchronized boolean armed() {
    return upcoming != null;
  }

  synchronized void clear() {
    failing.clear();
    killing.clear();
    upcoming = null;
    dead = false;
  }

  /** Returns unless the process was killed. */
  void requireLife() {
    if (dead) {
      throw new Killed();
    }
  }

  /** Fails when this point is to fail. */
  void at(String point) {
    try {
      pass(point);
    } catch (Injected e) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, "injected at " + point, e);
    }
  }

  /** Fails, as a file system does, when this point is to fail. */
  void atFile(String point, String file) throws IOException {
    try {
      pass(point);
    } catch (Injected e) {
      IOException failure = new FileSystemException(file, null, "No space left on device");
      failure.addSuppressed(e);
      throw failure;
    }
  }

  private void pass(String point) {
    requireLife();
    if (killing.contains(point)) {
      throw new Killed();
    }
    if (failing.contains(point)) {
      throw new Injected();
    }
    Upcoming due = countDown();
    if (due != null) {
      due.action.run();
    }
  }

  private synchronized Upcoming countDown() {
    if (upcoming == null) {
      return null;
    }
    Upcoming now = upcoming;
    upcoming = now.points == 0 ? null : new Upcoming(now.points - 1, now.action);
    return now.points == 0 ? now : null;
  }

  private record Upcoming(int points, Runnable action) {}

  private static final class Injected extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** No code of ours catches it. */
  static final class Killed extends InternalError {
    private static final long serialVersionUID = 1L;
  }
}
