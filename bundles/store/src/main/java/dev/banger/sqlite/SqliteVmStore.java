// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.store.VmStore;
import dev.banger.vm.Vm;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Machines as rows of the table {@code vms}. */
@Component
public final class SqliteVmStore implements VmStore {
  private final SqliteDatabase database;
  private final RecordCache<Vm> records = new RecordCache<>(new RecordCodec<>(Vm.class));

  @Activate
  public SqliteVmStore(@Reference SqliteDatabase database) {
    this.database = database;
  }

  @Override
  public List<Vm> list() {
    return database.read("list machines", this::all);
  }

  @Override
  public Optional<Vm> findById(String id) {
    return database.read(
        "find a machine",
        connection -> one(connection, "SELECT id, document FROM vms WHERE id = ?", id));
  }

  @Override
  public Optional<Vm> findByName(String name) {
    return database.read(
        "find a machine",
        connection -> one(connection, "SELECT id, document FROM vms WHERE name = ?", name));
  }

  @Override
  public Vm reserve(Function<List<Vm>, Vm> choose) {
    List<Vm> others = list();
    while (true) {
      Vm vm = Objects.requireNonNull(choose.apply(others));
      try {
        database.write("reserve a machine", connection -> insert(connection, vm));
        return vm;
      } catch (BangerException e) {
        List<Vm> now = list();
        if (e.code() != ErrorCode.ALREADY_EXISTS || now.equals(others)) {
          throw e;
        }
        others = now;
      }
    }
  }

  @Override
  public void update(Vm vm) {
    int updated = database.write("update a machine", connection -> update(connection, vm));
    if (updated == 0) {
      throw new BangerException(ErrorCode.NOT_FOUND, "no machine has the id " + vm.id());
    }
  }

  @Override
  public void delete(String id) {
    database.write(
        "delete a machine",
        connection -> {
          try (PreparedStatement delete =
              connection.prepareStatement("DELETE FROM vms WHERE id = ?")) {
            delete.setString(1, id);
            return delete.executeUpdate();
          }
        });
  }

  private List<Vm> all(Connection connection) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement("SELECT id, document FROM vms ORDER BY created_at, rowid");
        ResultSet rows = select.executeQuery()) {
      return records.all(rows);
    }
  }

  private Optional<Vm> one(Connection connection, String sql, String key) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, key);
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() ? Optional.of(records.record(rows)) : Optional.empty();
      }
    }
  }

  private int insert(Connection connection, Vm vm) throws SQLException {
    ClaimedPorts ports = new ClaimedPorts(connection, vm);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO vms (name, image_id, state, ssh_port, created_at, document, id)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?)")) {
      bind(insert, vm);
      int inserted = insert.executeUpdate();
      ports.claim();
      return inserted;
    } catch (SQLException e) {
      throw explained(e, vm);
    }
  }

  private int update(Connection connection, Vm vm) throws SQLException {
    ClaimedPorts ports = new ClaimedPorts(connection, vm);
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE vms SET name = ?, image_id = ?, state = ?, ssh_port = ?, created_at = ?,"
                + " document = ? WHERE id = ?")) {
      bind(update, vm);
      int updated = update.executeUpdate();
      if (updated > 0) {
        ports.claim();
      }
      return updated;
    } catch (SQLException e) {
      throw explained(e, vm);
    }
  }

  private void bind(PreparedStatement statement, Vm vm) throws SQLException {
    statement.setString(1, vm.name());
    statement.setString(2, vm.imageId());
    statement.setString(3, vm.state().name().toLowerCase(Locale.ROOT));
    if (vm.network() == null) {
      statement.setNull(4, Types.INTEGER);
    } else {
      statement.setInt(4, vm.network().sshPort());
    }
    statement.setLong(5, vm.createdAt().toEpochMilli());
    statement.setString(6, records.codec().encode(vm));
    statement.setString(7, vm.id());
  }

  private static SQLException explained(SQLException e, Vm vm) {
    if (SqliteFailure.isBrokenReference(e)) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "the image " + vm.imageName() + " (" + vm.imageId() + ") is no longer there",
          e);
    }
    if (!SqliteFailure.isDuplicate(e)) {
      return e;
    }
    String message = String.valueOf(e.getMessage());
    String taken = "the id " + vm.id();
    if (message.contains("vms.name")) {
      taken = "the name " + vm.name();
    } else if (message.contains("vms.ssh_port")) {
      taken = "the port " + vm.network().sshPort();
    }
    throw taken(taken, e);
  }

  static BangerException taken(String what, SQLException e) {
    return new BangerException(ErrorCode.ALREADY_EXISTS, what + " is taken by another machine", e);
  }
}
