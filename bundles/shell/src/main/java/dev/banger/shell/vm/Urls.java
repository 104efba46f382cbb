// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.guest.Listener;
import dev.banger.hypervisor.PortForward;
import dev.banger.vm.Vm;
import dev.banger.vm.VmNetwork;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Where the host reaches what listens in a guest. */
final class Urls {
  private static final int SSH = 22;
  private static final Set<Integer> HTTPS = Set.of(443, 8443);
  private static final Set<String> TCP = Set.of("tcp", "tcp6");
  private static final String EVERY_ADDRESS = "0.0.0.0";

  private Urls() {}

  /** The ports of the host that lead into a running guest. */
  static List<PortForward> forwards(Vm vm) {
    VmNetwork network = vm.network();
    Stream<PortForward> ssh =
        network == null || network.sshHost() == null
            ? Stream.empty()
            : Stream.of(new PortForward(network.sshHost(), network.sshPort(), SSH));
    return Stream.concat(ssh, vm.ports().stream()).toList();
  }

  /** Whether a forward leads to a listener. */
  static boolean leadsTo(PortForward forward, Listener listener) {
    return listener.port() == forward.guestPort()
        && TCP.contains(listener.protocol())
        && !loopback(listener.address());
  }

  /** The URL at which the host itself reaches a forward; what is spoken there is a guess. */
  static String of(PortForward forward) {
    String host = forward.hostAddress().equals(EVERY_ADDRESS) ? "127.0.0.1" : forward.hostAddress();
    return scheme(forward.guestPort()) + host + ":" + forward.hostPort();
  }

  private static String scheme(int guestPort) {
    if (guestPort == SSH) {
      return "ssh://root@";
    }
    return HTTPS.contains(guestPort) ? "https://" : "http://";
  }

  /** What is bound to the guest's loopback cannot be reached from outside it. */
  private static boolean loopback(String address) {
    return address.startsWith("127.") || address.equals("::1");
  }
}
