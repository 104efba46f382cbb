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

  /** A request that says nothing yet. */
  public static Builder builder() {
    return new Builder();
  }

  /** Says one thing after the other. Not safe for use by several threads. */
  public static final class Builder {
    private Integer vcpus;
    private Long memoryMib;
    private Long diskBytes;
    private Long workDiskBytes;
    private Map<String, String> labels;
    private List<String> removedLabels;
    private Duration timeToLive;
    private Duration idleStop;
    private List<PublishPort> addedPorts;
    private List<Integer> removedPorts;

    private Builder() {}

    /** See {@link ChangeVm#vcpus}. */
    public Builder vcpus(Integer vcpus) {
      this.vcpus = vcpus;
      return this;
    }

    /** See {@link ChangeVm#memoryMib}. */
    public Builder memoryMib(Long memoryMib) {
      this.memoryMib = memoryMib;
      return this;
    }

    /** See {@link ChangeVm#diskBytes}. */
    public Builder diskBytes(Long diskBytes) {
      this.diskBytes = diskBytes;
      return this;
    }

    /** See {@link ChangeVm#workDiskBytes}. */
    public Builder workDiskBytes(Long workDiskBytes) {
      this.workDiskBytes = workDiskBytes;
      return this;
    }

    /** See {@link ChangeVm#labels}. */
    public Builder labels(Map<String, String> labels) {
      this.labels = labels;
      return this;
    }

    /** See {@link ChangeVm#removedLabels}. */
    public Builder removedLabels(List<String> removedLabels) {
      this.removedLabels = removedLabels;
      return this;
    }

    /** See {@link ChangeVm#timeToLive}. */
    public Builder timeToLive(Duration timeToLive) {
      this.timeToLive = timeToLive;
      return this;
    }

    /** See {@link ChangeVm#idleStop}. */
    public Builder idleStop(Duration idleStop) {
      this.idleStop = idleStop;
      return this;
    }

    /** See {@link ChangeVm#addedPorts}. */
    public Builder addedPorts(List<PublishPort> addedPorts) {
      this.addedPorts = addedPorts;
      return this;
    }

    /** See {@link ChangeVm#removedPorts}. */
    public Builder removedPorts(List<Integer> removedPorts) {
      this.removedPorts = removedPorts;
      return this;
    }

    /** The request. */
    public ChangeVm build() {
      return new ChangeVm(
          vcpus,
          memoryMib,
          diskBytes,
          workDiskBytes,
          labels,
          removedLabels,
          timeToLive,
          idleStop,
          addedPorts,
          removedPorts);
    }
  }
}
