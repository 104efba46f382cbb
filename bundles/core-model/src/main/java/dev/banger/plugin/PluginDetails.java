// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

import java.util.List;

/**
 * All that is known of a bundle.
 *
 * @param plugin it as it is listed
 * @param vendor who made it as its manifest says, or null
 * @param description what its manifest says of it, or null
 * @param license what its manifest says of its license, or null
 * @param sha256 the digest of the jar that it is started from; null when that is not known
 * @param signer as of a {@link PluginCandidate}
 * @param services the interfaces of the services that it publishes now
 * @param requirements what it requires of other bundles before it can run
 * @param problems what keeps it, or a part of it, from working
 * @param lastUpdate the last update of it since the daemon started, or null
 */
public record PluginDetails(
    Plugin plugin,
    String vendor,
    String description,
    String license,
    String sha256,
    String signer,
    List<String> services,
    List<String> requirements,
    List<PluginProblem> problems,
    PluginUpdate lastUpdate) {
  public PluginDetails {
    services = List.copyOf(services);
    requirements = List.copyOf(requirements);
    problems = List.copyOf(problems);
  }
}
