// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Feeds a command's input from a thread of its own. Nothing is read before the guest wants it, so
 * that what the command leaves unread stays with the caller.
 */
final class InputPump implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InputPump.class);
  private static final int CHUNK = 64 * 1024;

  private final AgentStream stream;
  private final InputStream input;
  private final Operation operation;
  private final Thread thread;
  private volatile IOException failure;

  InputPump(AgentStream stream, InputStream input, Operation operation) {
    this.stream = stream;
    this.input = input;
    this.operation = operation;
    this.thread = new Thread(this::run, "stdin-" + operation.id());
    thread.setDaemon(true);
    thread.start();
  }

  /** Why the caller's input could not be read, or null. */
  IOException failure() {
    return failure;
  }

  /** Ends the pump as soon as the caller's stream lets go of it; does not wait for that. */
  @Override
  public void close() {
    stream.endInput();
    thread.interrupt();
  }

  private void run() {
    try (MDC.MDCCloseable id = MDC.putCloseable("op_id", operation.id())) {
      byte[] buffer = new byte[CHUNK];
      for (int wanted = stream.awaitInputCredit(CHUNK, operation);
          wanted > 0;
          wanted = stream.awaitInputCredit(CHUNK, operation)) {
        int count = input.read(buffer, 0, wanted);
        if (count < 0) {
          stream.send(AgentProtocol.STDIN, new byte[0], operation);
          return;
        }
        if (count > 0 && !stream.isEnded()) {
          stream.sendInput(Arrays.copyOf(buffer, count), operation);
        }
      }
    } catch (IOException e) {
      if (!stream.isEnded()) {
        LOG.debug("reading the input of a command failed", e);
        failure = e;
        abandon();
      }
    } catch (BangerException e) {
      LOG.debug("the input of a command ended: {}", e.getMessage());
    }
  }

  // Without its input the command must not take what it got for all.
  private void abandon() {
    try {
      stream.send(AgentProtocol.CLOSE, new byte[0], operation);
    } catch (BangerException e) {
      LOG.debug("the command could not be told: {}", e.getMessage());
    }
  }
}
