// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

/**
 * Content that a manifest or an index refers to.
 *
 * @param mediaType what it is said to be; empty when nothing is said
 * @param digest what it must hash to
 * @param size what it must have, in bytes
 */
public record Descriptor(String mediaType, OciDigest digest, long size) {}
