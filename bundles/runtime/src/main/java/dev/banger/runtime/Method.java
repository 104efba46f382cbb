// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.wire.Json;
import java.io.IOException;
import java.time.Duration;

/**
 * A method of the socket.
 *
 * @param name as it stands in a request
 * @param parameters the record that its {@code params} are read into
 * @param attached whether it needs its caller, for streams or because it is about the caller
 * @param handler what serves it
 */
record Method<P>(String name, Class<P> parameters, boolean attached, Handler<P> handler) {
  /** Longer than a service is away in an update. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration PAUSE = Duration.ofMillis(10);

  /** Serves one request; what it returns is written as the result. */
  @FunctionalInterface
  interface Handler<P> {
    Object handle(P parameters, Call call) throws IOException;
  }

  /**
   * A request that is being served.
   *
   * @param operation its operation
   * @param client its way to the client
   */
  record Call(Operation operation, ClientChannel client) {
    /** Whether the client would not notice that it is served again. */
    boolean repeatable() {
      return client.untouched();
    }
  }

  /** The method with parameters that were found to be right. */
  @FunctionalInterface
  interface Request {
    Object serve(Call call) throws IOException;
  }

  /**
   * A request for this method.
   *
   * @param given its {@code params}
   * @throws BangerException BAD_REQUEST when they are not what the method takes
   */
  Request request(Object given, Json json) {
    P decoded = json.read(json.write(given), parameters);
    return call -> serve(decoded, call);
  }

  /** A service that leaves for its update refuses what it has not begun: its successor is asked. */
  private Object serve(P decoded, Call call) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return serveOnce(decoded, call);
      } catch (BangerException e) {
        if (e.code() != ErrorCode.UPDATING
            || !call.repeatable()
            || System.nanoTime() - deadline >= 0) {
          throw e;
        }
        call.operation().pause(PAUSE);
        call.operation().check();
      }
    }
  }

  private Object serveOnce(P decoded, Call call) throws IOException {
    try {
      return handler.handle(decoded, call);
    } catch (BangerException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      refuseIfEnded(call.operation(), e);
      throw e;
    }
  }

  /** What breaks in an operation that was told to end is no failure of its own. */
  private static void refuseIfEnded(Operation operation, Exception consequence) {
    try {
      operation.check();
    } catch (BangerException e) {
      e.addSuppressed(consequence);
      throw e;
    }
  }
}
