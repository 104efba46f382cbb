// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import dev.banger.capability.Capability;
import dev.banger.guest.ExecRequest;
import dev.banger.guest.ExecStreams;
import dev.banger.operation.Operation;
import dev.banger.testkit.FakeGuestService;
import dev.banger.vm.Vm;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A world in which notes are kept of machines, on the host; and its guests. */
class Notes implements CapabilityFixture {
  final Map<String, List<String>> notes = new TreeMap<>();
  final FakeGuestService guests = new FakeGuestService();
  boolean hanging;

  /** A note that is there already is not written again. */
  synchronized void keep(Vm vm, String text) {
    if (!of(vm).contains(text)) {
      add(vm, text);
    }
  }

  synchronized void add(Vm vm, String text) {
    notes.computeIfAbsent(vm.id(), id -> new ArrayList<>()).add(text);
  }

  synchronized void remove(Vm vm) {
    notes.remove(vm.id());
  }

  synchronized void removeAll() {
    notes.clear();
  }

  synchronized List<String> of(Vm vm) {
    return List.copyOf(notes.getOrDefault(vm.id(), List.of()));
  }

  synchronized boolean hangs() {
    return hanging;
  }

  /** Runs a command in a guest that is there. */
  void run(Vm vm, Operation operation, String... argv) {
    int status = guests.exec(vm.id(), ExecRequest.of(List.of(argv)), new NoStreams(), operation);
    if (status != 0) {
      throw new AssertionError("status " + status);
    }
  }

  @Override
  public List<? extends Capability> services() {
    return List.of(new NoteCapability(this));
  }

  @Override
  public Object traces(Vm vm) {
    return List.of(of(vm), guests.files(vm));
  }

  @Override
  public void boot(Started started) {
    guests.boot(started.vm());
  }

  @Override
  public void end(Vm vm) {
    guests.end(vm);
  }

  @Override
  public synchronized void hang() {
    hanging = true;
    guests.hang();
  }

  @Override
  public Set<String> asked() {
    return guests.asked();
  }

  private record NoStreams() implements ExecStreams {
    @Override
    public InputStream stdin() {
      return InputStream.nullInputStream();
    }

    @Override
    public OutputStream stdout() {
      return new ByteArrayOutputStream();
    }

    @Override
    public OutputStream stderr() {
      return new ByteArrayOutputStream();
    }
  }
}
