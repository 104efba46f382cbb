// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.portforward;

import dev.banger.capability.Capability;
import dev.banger.hypervisor.PortForward;
import dev.banger.testkit.VmBuilder;
import dev.banger.testkit.capability.CapabilityContract;
import dev.banger.testkit.capability.CapabilityFixture;
import dev.banger.testkit.capability.Started;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;

/** The promises of a capability, kept by this one. */
class PortForwardContractTest extends CapabilityContract {
  @Override
  protected CapabilityFixture fixture() {
    FakeHypervisor hypervisor = new FakeHypervisor();
    return new CapabilityFixture() {
      @Override
      public List<? extends Capability> services() {
        return List.of(new PortForwardCapability(new FakeVmStore(List.of()), List.of(hypervisor)));
      }

      @Override
      public Vm machine(String name) {
        return VmBuilder.vm(name).ports(new PortForward("127.0.0.1", freePort(), 80)).build();
      }

      @Override
      public Object traces(Vm vm) {
        return hypervisor.published.stream().filter(vm.ports()::contains).toList();
      }

      @Override
      public void boot(Started started) {
        hypervisor.published.addAll(started.machine().portForwards());
      }

      @Override
      public void end(Vm vm) {
        hypervisor.published.removeAll(vm.ports());
      }
    };
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
