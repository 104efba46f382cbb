// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import dev.banger.release.ReleaseUpdate;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an update of the installation comes to its end: as long as it has none, nobody can update,
 * and the next daemon would return to the previous release.
 */
final class ReleaseEnding {
  private static final Logger LOG = LoggerFactory.getLogger(ReleaseEnding.class);
  private static final Duration LONGEST = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofMillis(200);

  private final ReleaseStage stage;
  private final Operation life;
  private final Duration pause;

  /**
   * @param life ends with the daemon; what is open then is ended by the next one
   * @param pause before the second attempt
   */
  ReleaseEnding(ReleaseStage stage, Operation life, Duration pause) {
    this.stage = stage;
    this.life = life;
    this.pause = pause;
  }

  /**
   * Writes the outcome, again and again while that fails: a full disk may be mended.
   *
   * @param tell is told why it takes longer
   * @return whether it was written before the daemon stopped
   */
  boolean close(ReleaseUpdate ended, Consumer<String> tell) {
    Duration next = pause;
    while (true) {
      try {
        stage.close(ended);
        return true;
      } catch (IOException | RuntimeException e) {
        LOG.warn("How the update of the installation ended cannot be written yet", e);
        tell.accept("the outcome cannot be written yet: " + Exceptions.told(e));
        stage.makeRoom();
      }
      if (!waited(next)) {
        return false;
      }
      next = next.multipliedBy(2).compareTo(LONGEST) < 0 ? next.multipliedBy(2) : LONGEST;
    }
  }

  private boolean waited(Duration time) {
    try {
      life.pause(time);
      return !life.ended();
    } catch (BangerException e) {
      return false;
    }
  }

  /**
   * Waits until the program that this daemon was to make room for has ended the update without it.
   *
   * @return whether that happened before the daemon stopped
   */
  boolean awaitOther() {
    try {
      life.await(() -> stage.phase().isEmpty(), LOOK);
    } catch (BangerException e) {
      return false;
    }
    stage.vacate();
    return true;
  }
}
