// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Named places in the life of a machine at which the tests of reliability let this process die:
 * {@code NAME:before} and {@code NAME:after} each act that outlives the process. The system
 * property {@code dev.banger.fault} names the point at which the process is halted as by a kill,
 * with exit status 86; {@code dev.banger.fault.trace} a file to which each point is appended when
 * it is reached. Without them nothing happens. Safe for use by many threads.
 */
final class FaultPoint {
  private static final int STATUS = 86;
  private static final String FATAL = System.getProperty("dev.banger.fault");
  private static final String TRACE = System.getProperty("dev.banger.fault.trace");

  private FaultPoint() {}

  /** Does something between two points. */
  static <E extends Exception> void around(String name, Act<E> act) throws E {
    reach(name + ":before");
    act.run();
    reach(name + ":after");
  }

  /** Comes to a point. */
  static void reach(String point) {
    if (TRACE != null) {
      trace(point);
    }
    if (point.equals(FATAL)) {
      Runtime.getRuntime().halt(STATUS);
    }
  }

  private static synchronized void trace(String point) {
    try {
      Files.writeString(
          Path.of(TRACE), point + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is done between two points. */
  @FunctionalInterface
  interface Act<E extends Exception> {
    void run() throws E;
  }
}
