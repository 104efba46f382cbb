// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.wire.Frame;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;

/**
 * What all share who use one connection to an agent. It is made of classes of the JDK and of the
 * API alone, so that the next version of this bundle goes on with it: the threads that read and
 * write stay those of the version that opened the connection.
 *
 * @param name of the machine, for messages
 * @param guest what the guest said about itself; empty until it has
 * @param outgoing the frames that wait to be written
 * @param streams who takes what comes for a conversation: a frame, or why none comes any more
 * @param background the conversations that nobody works with
 * @param lastStream the number of the last conversation that was begun
 * @param failure why the connection ended; null while it has not
 * @param lastHeardNanos when the guest last said something, as {@link System#nanoTime}
 * @param release lets go of the channel and of the threads
 */
record AgentLine(
    String name,
    ConcurrentMap<String, String> guest,
    BlockingQueue<Frame> outgoing,
    ConcurrentMap<Integer, BiConsumer<Frame, BangerException>> streams,
    Set<Integer> background,
    AtomicInteger lastStream,
    AtomicReference<BangerException> failure,
    AtomicLong lastHeardNanos,
    Runnable release) {
  /** Frames that wait for a guest that does not read; times their largest size of 64 KiB. */
  private static final int LONGEST_QUEUE = 16;

  /** What the parts mean to each other; another version may give them another meaning. */
  private static final int FORMAT = 1;

  private static final String FORMAT_KEY = "format";
  private static final String RELEASE_KEY = "release";

  static AgentLine make(String name, Runnable release) {
    return new AgentLine(
        name,
        new ConcurrentHashMap<>(),
        new ArrayBlockingQueue<>(LONGEST_QUEUE),
        new ConcurrentHashMap<>(),
        ConcurrentHashMap.newKeySet(),
        new AtomicInteger(),
        new AtomicReference<>(),
        new AtomicLong(System.nanoTime()),
        release);
  }

  /** The parts, for another version of this class. */
  Map<String, Object> parts() {
    return Map.of(
        FORMAT_KEY,
        FORMAT,
        "name",
        name,
        "guest",
        guest,
        "outgoing",
        outgoing,
        "streams",
        streams,
        "background",
        background,
        "lastStream",
        lastStream,
        "failure",
        failure,
        "lastHeardNanos",
        lastHeardNanos,
        RELEASE_KEY,
        release);
  }

  /** The line of such parts; one of another format is released. */
  @SuppressWarnings("unchecked") // the format says what they are
  static Optional<AgentLine> of(Map<String, Object> parts) {
    if (!Integer.valueOf(FORMAT).equals(parts.get(FORMAT_KEY))) {
      ((Runnable) parts.get(RELEASE_KEY)).run();
      return Optional.empty();
    }
    return Optional.of(
        new AgentLine(
            (String) parts.get("name"),
            (ConcurrentMap<String, String>) parts.get("guest"),
            (BlockingQueue<Frame>) parts.get("outgoing"),
            (ConcurrentMap<Integer, BiConsumer<Frame, BangerException>>) parts.get("streams"),
            (Set<Integer>) parts.get("background"),
            (AtomicInteger) parts.get("lastStream"),
            (AtomicReference<BangerException>) parts.get("failure"),
            (AtomicLong) parts.get("lastHeardNanos"),
            (Runnable) parts.get(RELEASE_KEY)));
  }
}
