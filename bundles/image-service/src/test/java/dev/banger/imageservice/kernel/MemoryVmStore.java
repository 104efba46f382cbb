// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.store.VmStore;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Machine records in memory. */
final class MemoryVmStore implements VmStore {
  private final List<Vm> machines = new ArrayList<>();

  /** A machine that names a kernel. */
  static Vm booting(String kernel) {
    return new Vm(
        "0123456789ab",
        "box",
        VmState.STOPPED,
        null,
        "image",
        "image",
        kernel,
        "qemu",
        null,
        null,
        null,
        List.of(),
        null,
        Instant.EPOCH,
        null,
        null,
        null,
        null,
        List.of());
  }

  @Override
  public synchronized List<Vm> list() {
    return List.copyOf(machines);
  }

  @Override
  public synchronized Optional<Vm> findById(String id) {
    return machines.stream().filter(vm -> vm.id().equals(id)).findFirst();
  }

  @Override
  public synchronized Optional<Vm> findByName(String name) {
    return machines.stream().filter(vm -> vm.name().equals(name)).findFirst();
  }

  @Override
  public synchronized Vm reserve(Function<List<Vm>, Vm> choose) {
    Vm chosen = choose.apply(list());
    machines.add(chosen);
    return chosen;
  }

  @Override
  public synchronized void update(Vm vm) {
    machines.replaceAll(each -> each.id().equals(vm.id()) ? vm : each);
  }

  @Override
  public synchronized void delete(String id) {
    machines.removeIf(vm -> vm.id().equals(id));
  }
}
