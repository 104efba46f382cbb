// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.store.VmStore;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;

/** Records in memory, under one lock as in a transaction. */
final class MemoryVmStore implements VmStore {
  private final Map<String, Vm> rows = new LinkedHashMap<>();
  private final Faults faults;
  private final AtomicReference<Runnable> afterList = new AtomicReference<>();
  private final AtomicReference<Runnable> afterFind = new AtomicReference<>();
  private final AtomicReference<Runnable> afterFindById = new AtomicReference<>();
  private final AtomicReference<Runnable> afterChoice = new AtomicReference<>();

  /** How long each reservation took, in nanoseconds. */
  final List<Long> windows = new CopyOnWriteArrayList<>();

  volatile Consumer<Vm> afterReserve = vm -> {};

  MemoryVmStore(Faults faults) {
    this.faults = faults;
  }

  /** Does something between the next look at all records and what is made of it. */
  void afterNextList(Runnable action) {
    afterList.set(action);
  }

  /** Does something between the next look for an id and what is made of its record. */
  void afterNextFindById(Runnable action) {
    afterFindById.set(action);
  }

  /** Does something between the next look for a name and what is made of its record. */
  void afterNextFindByName(Runnable action) {
    afterFind.set(action);
  }

  /** Does something between the next choice of a machine and its insertion. */
  void afterNextChoice(Runnable action) {
    afterChoice.set(action);
  }

  @Override
  public List<Vm> list() {
    faults.at("list");
    List<Vm> all = all();
    runOnce(afterList);
    return all;
  }

  private static void runOnce(AtomicReference<Runnable> hook) {
    Runnable action = hook.getAndSet(null);
    if (action != null) {
      action.run();
    }
  }

  private synchronized List<Vm> all() {
    return new ArrayList<>(rows.values());
  }

  @Override
  public Optional<Vm> findById(String id) {
    faults.at("find");
    Optional<Vm> found = identified(id);
    runOnce(afterFindById);
    return found;
  }

  private synchronized Optional<Vm> identified(String id) {
    return Optional.ofNullable(rows.get(id));
  }

  @Override
  public Optional<Vm> findByName(String name) {
    faults.at("find");
    Optional<Vm> found = named(name);
    runOnce(afterFind);
    return found;
  }

  private synchronized Optional<Vm> named(String name) {
    return rows.values().stream().filter(vm -> vm.name().equals(name)).findFirst();
  }

  @Override
  public Vm reserve(Function<List<Vm>, Vm> choose) {
    List<Vm> others = all();
    while (true) {
      Vm vm = choose.apply(others);
      runOnce(afterChoice);
      long begin = System.nanoTime();
      try {
        insert(vm);
        windows.add(System.nanoTime() - begin);
        afterReserve.accept(vm);
        return vm;
      } catch (BangerException e) {
        List<Vm> now = all();
        if (e.code() != ErrorCode.ALREADY_EXISTS || now.equals(others)) {
          throw e;
        }
        others = now;
      }
    }
  }

  private synchronized void insert(Vm vm) {
    faults.at("reserve");
    requireOwnNameAndPort(vm);
    if (named(vm.name()).isPresent() || rows.containsKey(vm.id())) {
      throw new BangerException(ErrorCode.ALREADY_EXISTS, vm.name() + " is taken");
    }
    rows.put(vm.id(), vm);
  }

  @Override
  public synchronized void update(Vm vm) {
    faults.at(vm.state() == VmState.RUNNING ? "record" : "update");
    requireOwnNameAndPort(vm);
    if (rows.replace(vm.id(), vm) == null) {
      throw new BangerException(ErrorCode.NOT_FOUND, vm.id());
    }
  }

  private void requireOwnNameAndPort(Vm vm) {
    for (Vm other : rows.values()) {
      if (!other.id().equals(vm.id()) && other.name().equals(vm.name())) {
        throw new BangerException(ErrorCode.ALREADY_EXISTS, "the name is taken");
      }
      if (!other.id().equals(vm.id()) && other.network().sshPort() == vm.network().sshPort()) {
        throw new BangerException(ErrorCode.ALREADY_EXISTS, "the port is taken");
      }
      if (!other.id().equals(vm.id()) && !Collections.disjoint(other.ports(), vm.ports())) {
        throw new BangerException(ErrorCode.ALREADY_EXISTS, "a published port is taken");
      }
    }
  }

  @Override
  public synchronized void delete(String id) {
    faults.at("delete_row");
    rows.remove(id);
  }
}
