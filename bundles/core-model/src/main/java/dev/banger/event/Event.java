// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.event;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Something that happened to a machine. It is written once and never changed, and outlives its
 * machine.
 *
 * @param number its place in the stream, ascending, never used twice; 0 until it is written
 * @param at when it happened, to the millisecond
 * @param kind what happened, a stable name such as {@code started}; new ones may be added
 * @param vmId the id of its machine
 * @param vmName the name that the machine had then
 * @param operationId the operation that it was part of, which log records and errors name too
 * @param details more of it by stable names, in a fixed order; what they hold depends on the kind
 */
public record Event(
    long number,
    Instant at,
    String kind,
    String vmId,
    String vmName,
    String operationId,
    Map<String, String> details) {
  /**
   * Its row was written. Details: {@code image}, and how long it took to find or make the image, to
   * find the kernel and to reserve name and addresses ({@code image_ms}, {@code kernel_ms}, {@code
   * reserve_ms}).
   */
  public static final String CREATED = "created";

  /** A start has begun. */
  public static final String STARTING = "starting";

  /**
   * A step of a start has ended. Details: {@code layer}, {@code step}, {@code ms}; {@code error} if
   * it failed.
   */
  public static final String STAGE = "stage";

  /** Its agent answers. Details: {@code ms} since {@link #STARTING}. */
  public static final String STARTED = "started";

  /** A start failed and was undone. Details: {@code code}, {@code error}. */
  public static final String START_FAILED = "start_failed";

  /** Its guest is about to be asked to power off. */
  public static final String STOPPING = "stopping";

  /**
   * It was ended because somebody asked for it. Details: {@code how} ({@code power_off}, {@code
   * forced}, or {@code signal} with its name in {@code signal}), {@code ms}.
   */
  public static final String STOPPED = "stopped";

  /** It ended, and nobody had asked for it. Details: {@code error}. */
  public static final String ENDED = "ended";

  /** A signal was sent that does not end it. Details: {@code signal}. */
  public static final String SIGNALLED = "signalled";

  /** A daemon found it running that had not started it. Details: {@code pid}. */
  public static final String ADOPTED = "adopted";

  /** It is gone, with all its files. */
  public static final String DELETED = "deleted";

  public Event {
    details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
  }

  /** This event at its place. */
  public Event numbered(long place) {
    return new Event(place, at, kind, vmId, vmName, operationId, details);
  }
}
