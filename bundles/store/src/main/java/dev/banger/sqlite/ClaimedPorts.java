// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.hypervisor.PortForward;
import dev.banger.vm.Vm;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/**
 * The ports of the host that belong to a machine, within one transaction: what it had before its
 * row is written, and what it claims afterwards. A machine that keeps its ports is never refused.
 */
final class ClaimedPorts {
  private static final int SSH = 22;

  private final Connection connection;
  private final Vm vm;
  private final Integer sshPortBefore;
  private final Set<PublishedPort> before;

  private record PublishedPort(String address, int port) {
    static PublishedPort of(PortForward forward) {
      return new PublishedPort(forward.hostAddress(), forward.hostPort());
    }
  }

  ClaimedPorts(Connection connection, Vm vm) throws SQLException {
    this.connection = connection;
    this.vm = vm;
    this.sshPortBefore = sshPort();
    this.before = published();
  }

  /**
   * Makes the ports of the record the machine's.
   *
   * @throws dev.banger.error.BangerException ALREADY_EXISTS when another machine has one that is
   *     new to this one
   */
  void claim() throws SQLException {
    if (vm.network() != null && !Objects.equals(vm.network().sshPort(), sshPortBefore)) {
      PortForward ssh = new PortForward(vm.network().sshHost(), vm.network().sshPort(), SSH);
      requireUnpublished(ssh, "the port " + ssh.hostPort());
    }
    Set<PublishedPort> wanted = new HashSet<>();
    vm.ports().forEach(port -> wanted.add(PublishedPort.of(port)));
    if (wanted.equals(before) && wanted.size() == vm.ports().size()) {
      return;
    }
    delete();
    for (PortForward port : vm.ports()) {
      if (!before.contains(PublishedPort.of(port))) {
        requireUnpublished(port, "the published port " + port);
        requireNobodysSsh(port);
      }
      insert(port);
    }
  }

  private Integer sshPort() throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT ssh_port FROM vms WHERE id = ?")) {
      select.setString(1, vm.id());
      try (ResultSet row = select.executeQuery()) {
        return row.next() && row.getObject(1) != null ? row.getInt(1) : null;
      }
    }
  }

  private Set<PublishedPort> published() throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT host_address, host_port FROM published_ports WHERE vm_id = ?")) {
      select.setString(1, vm.id());
      return ports(select);
    }
  }

  private static Set<PublishedPort> ports(PreparedStatement select) throws SQLException {
    Set<PublishedPort> ports = new HashSet<>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        ports.add(new PublishedPort(rows.getString(1), rows.getInt(2)));
      }
    }
    return ports;
  }

  private void requireUnpublished(PortForward port, String what) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT host_address, host_port FROM published_ports"
                + " WHERE host_port = ? AND vm_id <> ?")) {
      select.setInt(1, port.hostPort());
      select.setString(2, vm.id());
      for (PublishedPort other : ports(select)) {
        if (port.collidesWith(new PortForward(other.address, other.port, SSH))) {
          throw SqliteVmStore.taken(what, null);
        }
      }
    }
  }

  private void requireNobodysSsh(PortForward port) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT 1 FROM vms WHERE ssh_port = ? AND id <> ?")) {
      select.setInt(1, port.hostPort());
      select.setString(2, vm.id());
      try (ResultSet row = select.executeQuery()) {
        // It listens on the loopback address.
        if (row.next() && port.collidesWith(new PortForward("127.0.0.1", port.hostPort(), SSH))) {
          throw SqliteVmStore.taken("the published port " + port, null);
        }
      }
    }
  }

  private void delete() throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM published_ports WHERE vm_id = ?")) {
      delete.setString(1, vm.id());
      delete.executeUpdate();
    }
  }

  private void insert(PortForward port) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO published_ports VALUES (?, ?, ?)")) {
      insert.setString(1, port.hostAddress());
      insert.setInt(2, port.hostPort());
      insert.setString(3, vm.id());
      insert.executeUpdate();
    } catch (SQLException e) {
      if (SqliteFailure.isDuplicate(e)) {
        throw SqliteVmStore.taken("the published port " + port, e);
      }
      throw e;
    }
  }
}
