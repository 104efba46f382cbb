// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.configuration;

import java.nio.file.Path;

/**
 * Something that somebody wrote and that is not in force.
 *
 * @param pid the PID that it is written for
 * @param key the key, or null when a file as a whole is wrong
 * @param file the file that it stands in, or null
 * @param value what stands there, or null
 * @param message what is wrong and what is in force instead
 */
public record ConfigurationProblem(
    String pid, String key, Path file, String value, String message) {}
