// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.PortForward;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Port forwards in QEMU's words. */
final class Forwards {
  private static final Pattern IPV4_ADDRESS = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

  /**
   * A line of {@code info usernet}: the host's address (* for every) and port, the guest's port.
   */
  private static final Pattern LINE =
      Pattern.compile(
          "TCP\\[HOST_FORWARD]\\s+\\d+\\s+(\\S+)\\s+(\\d{1,5})\\s+\\S+\\s+(\\d{1,5})\\s.*");

  private Forwards() {}

  /** A forward as QEMU writes it. */
  static String rule(PortForward forward) {
    return listener(forward) + "-:" + forward.guestPort();
  }

  private static String listener(PortForward forward) {
    if (!IPV4_ADDRESS.matcher(forward.hostAddress()).matches()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "'" + forward.hostAddress() + "' is no IPv4 address");
    }
    return "tcp:" + forward.hostAddress() + ":" + forward.hostPort();
  }

  /** Publishes a port on a machine that runs. */
  static void add(PortForward forward, Monitor monitor) {
    String complaint = monitor.say("hostfwd_add " + PcCommandLine.NETWORK + " " + rule(forward));
    if (!complaint.isEmpty() && !has(forward, monitor)) {
      throw taken(forward, complaint);
    }
  }

  /** Withdraws a port. */
  static void remove(PortForward forward, Monitor monitor) {
    monitor.say("hostfwd_remove " + PcCommandLine.NETWORK + " " + listener(forward));
  }

  static BangerException taken(PortForward forward, String complaint) {
    return new BangerException(
        ErrorCode.ALREADY_EXISTS,
        "port %d of %s is taken: %s"
            .formatted(forward.hostPort(), forward.hostAddress(), complaint));
  }

  private static boolean has(PortForward forward, Monitor monitor) {
    return monitor
        .say("info usernet")
        .lines()
        .map(line -> LINE.matcher(line.strip()))
        .filter(Matcher::matches)
        .anyMatch(line -> of(line).equals(forward));
  }

  private static PortForward of(Matcher line) {
    return new PortForward(
        line.group(1).equals("*") ? "0.0.0.0" : line.group(1),
        Integer.parseInt(line.group(2)),
        Integer.parseInt(line.group(3)));
  }
}
