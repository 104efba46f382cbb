// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.portforward;

import dev.banger.store.VmStore;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Records that nobody writes. */
record FakeVmStore(List<Vm> list) implements VmStore {
  @Override
  public Optional<Vm> findById(String id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<Vm> findByName(String name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Vm reserve(Function<List<Vm>, Vm> choose) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void update(Vm vm) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void delete(String id) {
    throw new UnsupportedOperationException();
  }
}
