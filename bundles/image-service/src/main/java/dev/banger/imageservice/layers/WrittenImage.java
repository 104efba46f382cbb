// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

/**
 * What became of layers.
 *
 * @param sizeBytes the image's size
 * @param allocatedBytes what its file system has given out: its own structures, directories and
 *     content
 * @param entries how many tar entries the layers had
 */
public record WrittenImage(long sizeBytes, long allocatedBytes, long entries) {}
