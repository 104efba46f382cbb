// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.kernel;

import java.nio.file.Path;

/**
 * A kernel bundle that was written.
 *
 * @param file its path
 * @param sha256 its digest, lower-case hex: what a pull of it must be told
 * @param sizeBytes its size
 */
public record KernelBundle(Path file, String sha256, long sizeBytes) {}
