// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.event;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Something that happened to a machine, or to banger itself. It is written once and never changed,
 * and outlives its machine.
 *
 * @param number its place in the stream, ascending, never used twice; 0 until it is written
 * @param at when it happened, to the millisecond
 * @param kind what happened, a stable name such as {@code started}; new ones may be added
 * @param vmId the id of its machine, or {@link #NO_MACHINE}
 * @param vmName the name that the machine had then, or {@link #NO_MACHINE}
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
  /** Stands for the machine of what concerns none. */
  public static final String NO_MACHINE = "-";

  /**
   * Its row was written. Details: {@code image}, and how long it took to find or make the image, to
   * find the kernel and to reserve name and addresses ({@code image_ms}, {@code kernel_ms}, {@code
   * reserve_ms}); {@code window_us}: what the exclusive transaction took of that.
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

  /** Its record was changed. Details: each new value by its field's name. */
  public static final String CHANGED = "changed";

  /**
   * A capability that arrived was applied while it ran. Details: {@code capability}, {@code
   * bundle}, {@code ms}.
   */
  public static final String CAPABILITY_APPLIED = "capability_applied";

  /** A capability that leaves was cleaned up while it ran. Details as for its application. */
  public static final String CAPABILITY_REMOVED = "capability_removed";

  /**
   * A capability that came or went while it ran could not be applied or cleaned up. Details: those
   * of its application, and {@code error}.
   */
  public static final String CAPABILITY_FAILED = "capability_failed";

  /** It has another name. Details: {@code from}. */
  public static final String RENAMED = "renamed";

  /** Its root disk is its image's again. */
  public static final String RESET = "reset";

  /** It will be deleted because its time is over. Details: {@code at}. */
  public static final String EXPIRING = "expiring";

  /** It will be stopped unless it is used. Details: {@code at}. */
  public static final String IDLE = "idle";

  /** A bundle was added. Details: {@code plugin}, {@code version}. */
  public static final String PLUGIN_INSTALLED = "plugin_installed";

  /** A bundle was removed. Details: {@code plugin}, {@code version}. */
  public static final String PLUGIN_REMOVED = "plugin_removed";

  /**
   * A bundle was replaced by another version. Details: {@code plugin}, {@code from}, {@code to}.
   */
  public static final String PLUGIN_UPDATED = "plugin_updated";

  /**
   * A new version of a bundle was given up and the previous one brought back. Details: those of its
   * update, and {@code error}.
   */
  public static final String PLUGIN_REVERTED = "plugin_reverted";

  /** The whole installation was brought to another release. Details: {@code from}, {@code to}. */
  public static final String RELEASE_UPDATED = "release_updated";

  /**
   * Another release was given up and all of the previous one brought back. Details: {@code from},
   * {@code to}, {@code error}.
   */
  public static final String RELEASE_REVERTED = "release_reverted";

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
