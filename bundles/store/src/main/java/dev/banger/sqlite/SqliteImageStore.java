// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.Image;
import dev.banger.store.ImageStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Images as rows of the table {@code images}. */
@Component
public final class SqliteImageStore implements ImageStore {
  private final SqliteDatabase database;
  private final RecordCache<Image> records = new RecordCache<>(new RecordCodec<>(Image.class));

  @Activate
  public SqliteImageStore(@Reference SqliteDatabase database) {
    this.database = database;
  }

  @Override
  public List<Image> list() {
    return database.read(
        "list images",
        connection -> {
          try (PreparedStatement select =
                  connection.prepareStatement(
                      "SELECT id, document FROM images ORDER BY created_at, rowid");
              ResultSet rows = select.executeQuery()) {
            return records.all(rows);
          }
        });
  }

  @Override
  public Optional<Image> findById(String id) {
    return database.read(
        "find an image",
        connection -> one(connection, "SELECT id, document FROM images WHERE id = ?", id));
  }

  @Override
  public Optional<Image> findByName(String name) {
    return database.read(
        "find an image",
        connection -> one(connection, "SELECT id, document FROM images WHERE name = ?", name));
  }

  @Override
  public void insert(Image image) {
    database.write(
        "insert an image",
        connection -> {
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO images (id, name, created_at, document) VALUES (?, ?, ?, ?)")) {
            insert.setString(1, image.id());
            insert.setString(2, image.name());
            insert.setLong(3, image.createdAt().toEpochMilli());
            insert.setString(4, records.codec().encode(image));
            return insert.executeUpdate();
          } catch (SQLException e) {
            throw explained(e, image);
          }
        });
  }

  @Override
  public void update(Image image) {
    requireUpdated(image, database.write("update an image", within -> update(within, image)));
  }

  @Override
  public void replaceUnused(Image image) {
    int updated =
        database.write(
            "replace an image",
            connection -> {
              refuseWhileUsed(connection, image.id());
              return update(connection, image);
            });
    requireUpdated(image, updated);
  }

  private int update(Connection connection, Image image) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement("UPDATE images SET name = ?, document = ? WHERE id = ?")) {
      update.setString(1, image.name());
      update.setString(2, records.codec().encode(image));
      update.setString(3, image.id());
      return update.executeUpdate();
    } catch (SQLException e) {
      throw explained(e, image);
    }
  }

  private static void requireUpdated(Image image, int updated) {
    if (updated == 0) {
      throw new BangerException(ErrorCode.NOT_FOUND, "no image has the id " + image.id());
    }
  }

  @Override
  public void delete(String id) {
    database.write(
        "delete an image",
        connection -> {
          refuseWhileUsed(connection, id);
          try (PreparedStatement delete =
              connection.prepareStatement("DELETE FROM images WHERE id = ?")) {
            delete.setString(1, id);
            return delete.executeUpdate();
          }
        });
  }

  private Optional<Image> one(Connection connection, String sql, String key) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, key);
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() ? Optional.of(records.record(rows)) : Optional.empty();
      }
    }
  }

  private static void refuseWhileUsed(Connection connection, String id) throws SQLException {
    List<String> users = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement("SELECT name FROM vms WHERE image_id = ? ORDER BY name")) {
      select.setString(1, id);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          users.add(rows.getString(1));
        }
      }
    }
    if (!users.isEmpty()) {
      throw new BangerException(
          ErrorCode.IN_USE,
          "the image is used by "
              + String.join(", ", users)
              + "; delete "
              + (users.size() == 1 ? "that machine" : "those machines")
              + " first");
    }
  }

  private static SQLException explained(SQLException e, Image image) {
    if (!SqliteFailure.isDuplicate(e)) {
      return e;
    }
    String taken =
        String.valueOf(e.getMessage()).contains("images.name")
            ? "the name " + image.name()
            : "the id " + image.id();
    throw new BangerException(ErrorCode.ALREADY_EXISTS, taken + " is taken by another image", e);
  }
}
