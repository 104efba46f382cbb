// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.operation.Operation;
import java.io.IOException;

/**
 * A method of the socket.
 *
 * @param name as it stands in a request
 * @param parameters the record that its {@code params} are read into
 * @param handler what serves it
 */
record Method<P>(String name, Class<P> parameters, Handler<P> handler) {
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
  record Call(Operation operation, ClientChannel client) {}
}
