// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.operation.Operation;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens to what mmdebstrap says: its phases become progress, its last lines the reason of a
 * failure.
 */
final class ToolWords implements Consumer<String> {
  private static final Logger LOG = LoggerFactory.getLogger(ToolWords.class);
  private static final int KEPT = 12;
  private static final String PHASE = "I: ";

  private final Operation operation;
  private final Deque<String> last = new ArrayDeque<>();

  ToolWords(Operation operation) {
    this.operation = operation;
  }

  @Override
  public synchronized void accept(String line) {
    LOG.debug("mmdebstrap: {}", line);
    if (line.startsWith(PHASE)) {
      operation.progress().stage("image_packages", line.substring(PHASE.length()).strip());
    }
    if (last.size() == KEPT) {
      last.removeFirst();
    }
    last.addLast(line);
  }

  /** The error when the tool has ended with a status other than 0. */
  synchronized BangerException failure(String image, int status, Throwable cause) {
    String text = String.join("\n", last);
    if (StorageFailure.saysFull(text)) {
      return new BangerException(
          ErrorCode.NO_SPACE, "no space is left for making image " + image + ":\n" + text, cause);
    }
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "image " + image + " cannot be made; mmdebstrap ended with status " + status + ":\n" + text,
        cause);
  }
}
