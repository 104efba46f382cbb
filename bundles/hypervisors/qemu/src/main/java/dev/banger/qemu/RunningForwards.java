// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.hypervisor.PortForward;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The port forwards of a running QEMU. */
final class RunningForwards {
  /**
   * A forward in the answer to {@code info usernet} (slirp_connection_info of libslirp): the state,
   * a file descriptor, the host's side with * for every address, the guest's side.
   */
  private static final Pattern FORWARD =
      Pattern.compile(
          "TCP\\[HOST_FORWARD]\\s+\\d+\\s+(\\S+)\\s+(\\d{1,5})\\s+\\S+\\s+(\\d{1,5})\\s.*");

  private final QmpClient qmp;

  RunningForwards(QmpClient qmp) {
    this.qmp = qmp;
  }

  /**
   * Adds a forward; there already: nothing happens.
   *
   * @throws dev.banger.error.BangerException ALREADY_EXISTS when the port is taken
   */
  void add(PortForward forward) {
    String complaint =
        qmp.monitor("hostfwd_add " + QemuCommandLine.NETWORK + " " + QemuCommandLine.rule(forward));
    if (!complaint.isEmpty() && !has(forward)) {
      throw StartFailure.portTaken(forward, complaint);
    }
  }

  /** Removes a forward; not there: nothing happens. */
  void remove(PortForward forward) {
    // It answers in words whether there was one; both are as good.
    qmp.monitor(
        "hostfwd_remove " + QemuCommandLine.NETWORK + " " + QemuCommandLine.listener(forward));
  }

  private boolean has(PortForward forward) {
    return qmp.monitor("info usernet")
        .lines()
        .map(line -> FORWARD.matcher(line.strip()))
        .filter(Matcher::matches)
        .anyMatch(
            line ->
                address(line.group(1)).equals(forward.hostAddress())
                    && Integer.parseInt(line.group(2)) == forward.hostPort()
                    && Integer.parseInt(line.group(3)) == forward.guestPort());
  }

  private static String address(String shown) {
    return shown.equals("*") ? "0.0.0.0" : shown;
  }
}
