// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

/**
 * A jar that fits and could be installed.
 *
 * @param name its symbolic name
 * @param version its version
 * @param vendor who made it as its manifest says, or null
 * @param description what its manifest says of it, or null
 * @param sha256 its digest
 * @param signer the subject of the certificate that signed all of it, which no authority has
 *     confirmed; null when it is not signed
 */
public record PluginCandidate(
    String name, String version, String vendor, String description, String sha256, String signer) {}
