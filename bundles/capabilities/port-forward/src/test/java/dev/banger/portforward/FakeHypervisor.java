// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.portforward;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.HypervisorStatus;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.MachineStatistics;
import dev.banger.hypervisor.PortForward;
import dev.banger.operation.Operation;
import java.nio.channels.ByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A hypervisor with one machine, of which it knows the ports. */
final class FakeHypervisor implements Hypervisor {
  final List<PortForward> published = new ArrayList<>();
  final List<String> calls = new ArrayList<>();
  Set<Integer> failing = Set.of();
  boolean running = true;
  boolean endsAtNextCall;

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public boolean alive(MachineHandle handle) {
    return running;
  }

  @Override
  public void addPortForward(MachineHandle handle, PortForward forward, Operation operation) {
    call("add", forward);
    if (!published.contains(forward)) {
      published.add(forward);
    }
  }

  @Override
  public void removePortForward(MachineHandle handle, PortForward forward, Operation operation) {
    call("remove", forward);
    published.remove(forward);
  }

  private void call(String verb, PortForward forward) {
    calls.add(verb + " " + forward);
    running &= !endsAtNextCall;
    if (!running) {
      throw new BangerException(ErrorCode.NOT_RUNNING, "it has ended");
    }
    if (failing.contains(forward.hostPort())) {
      throw new BangerException(ErrorCode.ALREADY_EXISTS, forward.hostPort() + " is taken");
    }
  }

  @Override
  public HypervisorStatus status(Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Disk createRootDisk(Path image, Path target, long sizeBytes, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void growDisk(Disk disk, long sizeBytes, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void growRunningDisk(
      MachineHandle handle, Disk disk, long sizeBytes, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MachineHandle start(MachineConfig config, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MachineStatistics statistics(MachineHandle handle, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ByteChannel openAgent(MachineHandle handle, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void signal(MachineHandle handle, String signal, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void terminate(MachineHandle handle, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void sweep(String vmId, Path runtimeDirectory, Operation operation) {
    throw new UnsupportedOperationException();
  }
}
