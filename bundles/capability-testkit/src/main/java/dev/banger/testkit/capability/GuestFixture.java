// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import dev.banger.capability.Capability;
import dev.banger.testkit.FakeGuestService;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The fixture of a capability that works in guests alone: its traces are their files. */
public class GuestFixture implements CapabilityFixture {
  private final FakeGuestService guests = new FakeGuestService();
  private final Function<FakeGuestService, List<? extends Capability>> maker;

  /**
   * @param maker makes new instances of all services of the capability
   */
  public GuestFixture(Function<FakeGuestService, List<? extends Capability>> maker) {
    this.maker = maker;
  }

  /** The guests. */
  public final FakeGuestService guests() {
    return guests;
  }

  @Override
  public List<? extends Capability> services() {
    return maker.apply(guests);
  }

  @Override
  public Object traces(Vm vm) {
    return guests.files(vm);
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
  public void hang() {
    guests.hang();
  }

  @Override
  public Set<String> asked() {
    return guests.asked();
  }
}
