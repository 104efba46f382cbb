// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.host;

import java.nio.file.Path;
import java.time.Instant;

/**
 * How the daemon is doing.
 *
 * @param pid its process id
 * @param version its version
 * @param startedAt when it started
 * @param socket where it listens
 * @param configuration directory
 * @param state directory
 * @param cache directory
 * @param run directory
 * @param log its log file, or null when its host process logs elsewhere
 */
public record DaemonStatus(
    long pid,
    String version,
    Instant startedAt,
    Path socket,
    Path configuration,
    Path state,
    Path cache,
    Path run,
    Path log) {}
