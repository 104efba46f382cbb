// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A request for a new machine. Null means: let banger choose.
 *
 * @param name its name, or null for a generated one
 * @param image the image by name, id or unambiguous prefix, or a catalog name to pull; null for the
 *     configured default
 * @param vcpus virtual CPUs, or null
 * @param memoryMib memory in MiB, or null
 * @param diskBytes size of the root disk in bytes, or null
 * @param workDiskBytes size of the work disk in bytes, 0 for none, or null
 * @param network how it reaches the network, or null
 * @param labels what its owner says of it: keys of 1 to 63 characters of a-z, 0-9, '-', '_', '.'
 *     and '/', values of at most 255 characters without control characters
 * @param timeToLive after which time it is deleted, more than zero; null: never
 * @param idleStop after which idle time it is stopped, at least a minute; null: never
 * @param ports ports of the guest that are published on the host, each as {@link PublishPort} wants
 *     it; at most 64
 */
public record CreateVm(
    String name,
    String image,
    Integer vcpus,
    Long memoryMib,
    Long diskBytes,
    Long workDiskBytes,
    NetworkMode network,
    Map<String, String> labels,
    Duration timeToLive,
    Duration idleStop,
    List<PublishPort> ports) {
  public CreateVm {
    labels = labels == null ? Map.of() : Map.copyOf(labels);
    ports = ports == null ? List.of() : List.copyOf(ports);
  }

  /** A request that says nothing yet. */
  public static Builder builder() {
    return new Builder();
  }

  /** Says one thing after the other. Not safe for use by several threads. */
  public static final class Builder {
    private String name;
    private String image;
    private Integer vcpus;
    private Long memoryMib;
    private Long diskBytes;
    private Long workDiskBytes;
    private NetworkMode network;
    private Map<String, String> labels;
    private Duration timeToLive;
    private Duration idleStop;
    private List<PublishPort> ports;

    private Builder() {}

    /** See {@link CreateVm#name}. */
    public Builder name(String name) {
      this.name = name;
      return this;
    }

    /** See {@link CreateVm#image}. */
    public Builder image(String image) {
      this.image = image;
      return this;
    }

    /** See {@link CreateVm#vcpus}. */
    public Builder vcpus(Integer vcpus) {
      this.vcpus = vcpus;
      return this;
    }

    /** See {@link CreateVm#memoryMib}. */
    public Builder memoryMib(Long memoryMib) {
      this.memoryMib = memoryMib;
      return this;
    }

    /** See {@link CreateVm#diskBytes}. */
    public Builder diskBytes(Long diskBytes) {
      this.diskBytes = diskBytes;
      return this;
    }

    /** See {@link CreateVm#workDiskBytes}. */
    public Builder workDiskBytes(Long workDiskBytes) {
      this.workDiskBytes = workDiskBytes;
      return this;
    }

    /** See {@link CreateVm#network}. */
    public Builder network(NetworkMode network) {
      this.network = network;
      return this;
    }

    /** See {@link CreateVm#labels}. */
    public Builder labels(Map<String, String> labels) {
      this.labels = labels;
      return this;
    }

    /** See {@link CreateVm#timeToLive}. */
    public Builder timeToLive(Duration timeToLive) {
      this.timeToLive = timeToLive;
      return this;
    }

    /** See {@link CreateVm#idleStop}. */
    public Builder idleStop(Duration idleStop) {
      this.idleStop = idleStop;
      return this;
    }

    /** See {@link CreateVm#ports}. */
    public Builder ports(List<PublishPort> ports) {
      this.ports = ports;
      return this;
    }

    /** The request. */
    public CreateVm build() {
      return new CreateVm(
          name,
          image,
          vcpus,
          memoryMib,
          diskBytes,
          workDiskBytes,
          network,
          labels,
          timeToLive,
          idleStop,
          ports);
    }
  }
}
