// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.PortForward;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The record of a machine, as it is stored and shown.
 *
 * @param id twelve characters of 0-9a-f, never reused
 * @param name a DNS label, unique among the machines that exist
 * @param state where it stands
 * @param spec its size
 * @param imageId the id of its image
 * @param imageName the name that the image had when the machine was created
 * @param kernel the name of its kernel
 * @param hypervisor the name of the hypervisor that runs it
 * @param network its network identity
 * @param files its files on the host
 * @param machine the running VMM, mirrored from {@link VmFiles#handles}; null unless running
 * @param capabilities the names of the capabilities applied to it, in the order of their
 *     application
 * @param lastError why its last start failed or its run ended by itself, or that its creation was
 *     interrupted; null otherwise
 * @param createdAt when it was created
 * @param startedAt when it was last started; null before
 * @param labels what its owner says of it, by key
 * @param lifetime when it ends by itself
 * @param lastUsedAt when it was last started, stopped or touched; null before
 * @param ports the ports of its guest that are published on the host while it runs, besides that of
 *     its ssh server
 */
public record Vm(
    String id,
    String name,
    VmState state,
    VmSpec spec,
    String imageId,
    String imageName,
    String kernel,
    String hypervisor,
    VmNetwork network,
    VmFiles files,
    MachineHandle machine,
    List<String> capabilities,
    String lastError,
    Instant createdAt,
    Instant startedAt,
    Map<String, String> labels,
    Lifetime lifetime,
    Instant lastUsedAt,
    List<PortForward> ports) {
  public Vm {
    capabilities = List.copyOf(capabilities);
    // Absent in records of earlier versions.
    labels = labels == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(labels));
    lifetime = lifetime == null ? Lifetime.UNLIMITED : lifetime;
    ports = ports == null ? List.of() : List.copyOf(ports);
  }

  /** This record, running. */
  public Vm running(MachineHandle handle, Instant at) {
    Draft draft = new Draft();
    draft.state = VmState.RUNNING;
    draft.machine = handle;
    draft.lastError = null;
    draft.startedAt = at;
    draft.lastUsedAt = at;
    return draft.finished();
  }

  /**
   * This record, not running.
   *
   * @param newState CREATED, STOPPED or ERROR
   * @param error why, or null
   */
  public Vm notRunning(VmState newState, String error) {
    Draft draft = new Draft();
    draft.state = newState;
    draft.machine = null;
    draft.lastError = error;
    return draft.finished();
  }

  /** This record under another name. */
  public Vm withName(String other) {
    Draft draft = new Draft();
    draft.name = other;
    return draft.finished();
  }

  /** This record with another size. */
  public Vm withSpec(VmSpec other) {
    Draft draft = new Draft();
    draft.spec = other;
    return draft.finished();
  }

  /** This record with another network identity. */
  public Vm withNetwork(VmNetwork other) {
    Draft draft = new Draft();
    draft.network = other;
    return draft.finished();
  }

  /** This record with other applied capabilities. */
  public Vm withCapabilities(List<String> applied) {
    Draft draft = new Draft();
    draft.capabilities = applied;
    return draft.finished();
  }

  /** This record with other labels. */
  public Vm withLabels(Map<String, String> others) {
    Draft draft = new Draft();
    draft.labels = others;
    return draft.finished();
  }

  /** This record with another lifetime. */
  public Vm withLifetime(Lifetime other) {
    Draft draft = new Draft();
    draft.lifetime = other;
    return draft.finished();
  }

  /** This record, used at a time. */
  public Vm usedAt(Instant at) {
    Draft draft = new Draft();
    draft.lastUsedAt = at;
    return draft.finished();
  }

  /** This record with other published ports. */
  public Vm withPorts(List<PortForward> others) {
    Draft draft = new Draft();
    draft.ports = others;
    return draft.finished();
  }

  /** A copy that is being changed. */
  private final class Draft {
    private String name = Vm.this.name;
    private VmState state = Vm.this.state;
    private VmSpec spec = Vm.this.spec;
    private VmNetwork network = Vm.this.network;
    private MachineHandle machine = Vm.this.machine;
    private List<String> capabilities = Vm.this.capabilities;
    private String lastError = Vm.this.lastError;
    private Instant startedAt = Vm.this.startedAt;
    private Map<String, String> labels = Vm.this.labels;
    private Lifetime lifetime = Vm.this.lifetime;
    private Instant lastUsedAt = Vm.this.lastUsedAt;
    private List<PortForward> ports = Vm.this.ports;

    Vm finished() {
      return new Vm(
          id,
          name,
          state,
          spec,
          imageId,
          imageName,
          kernel,
          hypervisor,
          network,
          files,
          machine,
          capabilities,
          lastError,
          createdAt,
          startedAt,
          labels,
          lifetime,
          lastUsedAt,
          ports);
    }
  }
}
