// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.operation;

import java.time.Instant;

/**
 * An operation as it is listed.
 *
 * @param id its id
 * @param method what was asked for
 * @param state where it stands
 * @param background whether its caller does not wait for it
 * @param startedAt when it began
 * @param endedAt when it ended; null while it runs
 * @param stage the stage that it reported last, or null
 * @param message what that stage does, or null
 * @param cancelled whether it was told to stop
 */
public record OperationSummary(
    String id,
    String method,
    OperationStatus.State state,
    boolean background,
    Instant startedAt,
    Instant endedAt,
    String stage,
    String message,
    boolean cancelled) {}
