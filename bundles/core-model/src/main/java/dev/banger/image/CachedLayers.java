// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import java.nio.file.Path;

/**
 * What of registries' images is kept so that it need not be fetched again.
 *
 * @param directory where it lies
 * @param files how many layers, configurations and manifests there are, begun ones included
 * @param sizeBytes what they take
 */
public record CachedLayers(Path directory, int files, long sizeBytes) {}
