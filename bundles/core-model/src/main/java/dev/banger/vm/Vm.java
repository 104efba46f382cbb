// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import dev.banger.hypervisor.MachineHandle;
import java.time.Instant;
import java.util.List;

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
    Instant startedAt) {
  public Vm {
    capabilities = List.copyOf(capabilities);
  }

  /** This record, running. */
  public Vm running(MachineHandle handle, Instant at) {
    return new Vm(
        id,
        name,
        VmState.RUNNING,
        spec,
        imageId,
        imageName,
        kernel,
        hypervisor,
        network,
        files,
        handle,
        capabilities,
        null,
        createdAt,
        at);
  }

  /**
   * This record, not running.
   *
   * @param newState CREATED, STOPPED or ERROR
   * @param error why, or null
   */
  public Vm notRunning(VmState newState, String error) {
    return new Vm(
        id,
        name,
        newState,
        spec,
        imageId,
        imageName,
        kernel,
        hypervisor,
        network,
        files,
        null,
        capabilities,
        error,
        createdAt,
        startedAt);
  }

  /** This record with another network identity. */
  public Vm withNetwork(VmNetwork other) {
    return new Vm(
        id,
        name,
        state,
        spec,
        imageId,
        imageName,
        kernel,
        hypervisor,
        other,
        files,
        machine,
        capabilities,
        lastError,
        createdAt,
        startedAt);
  }

  /** This record with other applied capabilities. */
  public Vm withCapabilities(List<String> applied) {
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
        applied,
        lastError,
        createdAt,
        startedAt);
  }
}
