// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A change of a machine. Null means: leave it.
 *
 * @param vcpus virtual CPUs; only while the machine is not running
 * @param memoryMib memory in MiB; only while the machine is not running
 * @param diskBytes size of the root disk in bytes, at least what it has
 * @param workDiskBytes size of the work disk in bytes, at least what it has
 * @param labels labels to set, as {@link CreateVm#labels} wants them
 * @param removedLabels keys of labels to remove; none there: nothing happens
 * @param timeToLive after which time from now it is deleted; zero: never
 * @param idleStop after which idle time it is stopped, at least a minute; zero: never
 * @param addedPorts ports to publish, on a running machine at once; one that is published already
 *     stays
 * @param removedPorts ports of the host that are withdrawn, whatever their address, before others
 *     are added; not published: nothing happens
 */
public record ChangeVm(
    Integer vcpus,
    Long memoryMib,
    Long diskBytes,
    Long workDiskBytes,
    Map<String, String> labels,
    List<String> removedLabels,
    Duration timeToLive,
    Duration idleStop,
    List<PublishPort> addedPorts,
    List<Integer> removedPorts) {
  public ChangeVm {
    labels = labels == null ? Map.of() : Map.copyOf(labels);
    removedLabels = removedLabels == null ? List.of() : List.copyOf(removedLabels);
    addedPorts = addedPorts == null ? List.of() : List.copyOf(addedPorts);
    removedPorts = removedPorts == null ? List.of() : List.copyOf(removedPorts);
  }
}
