// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;

/**
 * Named places in the life of a machine at which the tests of reliability let something die: {@code
 * NAME:before} and {@code NAME:after} each act that outlives the process. The framework property
 * {@code dev.banger.faults}, or the system property of this name, is a directory; without it
 * nothing happens. There
 *
 * <ul>
 *   <li>each point that is reached is appended to the file {@code trace}, if that is there;
 *   <li>the file {@code halt} holds the name of a point: whoever reaches it renames the file to
 *       {@code halted} and halts this process as a kill does, with exit status 86;
 *   <li>the file {@code hold} holds the name of a point: whoever reaches it renames the file to
 *       {@code held} and waits until that is removed, for a minute at most.
 * </ul>
 *
 * Safe for use by many threads: each file counts for the first that reaches its point.
 */
final class FaultPoint {
  private static final int STATUS = 86;
  private static final Duration LONGEST_HOLD = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofMillis(5);
  private static final FaultPoint FAULTS = ofProperty();

  private final Path directory;

  FaultPoint(Path directory) {
    this.directory = directory;
  }

  private static FaultPoint ofProperty() {
    Bundle bundle = FrameworkUtil.getBundle(FaultPoint.class); // null in tests of single classes
    String directory =
        bundle == null ? null : bundle.getBundleContext().getProperty("dev.banger.faults");
    return directory == null ? null : new FaultPoint(Path.of(directory));
  }

  /** Does something between two points. */
  static <E extends Exception> void around(String name, Act<E> act) throws E {
    reach(name + ":before");
    act.run();
    reach(name + ":after");
  }

  /** Comes to a point. */
  static void reach(String point) {
    if (FAULTS != null) {
      FAULTS.at(point);
    }
  }

  void at(String point) {
    try {
      trace(point);
      if (claim("halt", "halted", point)) {
        Runtime.getRuntime().halt(STATUS);
      }
      if (claim("hold", "held", point)) {
        awaitRelease();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private synchronized void trace(String point) throws IOException {
    Path trace = directory.resolve("trace");
    if (Files.exists(trace)) {
      Files.writeString(trace, point + "\n", StandardOpenOption.APPEND);
    }
  }

  private synchronized boolean claim(String asked, String claimed, String point)
      throws IOException {
    Path file = directory.resolve(asked);
    if (!Files.exists(file) || !Files.readString(file).equals(point)) {
      return false;
    }
    Files.move(file, directory.resolve(claimed), StandardCopyOption.ATOMIC_MOVE);
    return true;
  }

  private void awaitRelease() {
    long deadline = System.nanoTime() + LONGEST_HOLD.toNanos();
    while (Files.exists(directory.resolve("held")) && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  /** What is done between two points. */
  @FunctionalInterface
  interface Act<E extends Exception> {
    void run() throws E;
  }
}
