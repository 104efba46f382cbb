// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.Image;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteImageStoreTest {
  @TempDir Path directory;
  private SqliteDatabase database;
  private SqliteImageStore images;
  private SqliteVmStore vms;

  @BeforeEach
  void open() {
    database = new SqliteDatabase(directory.resolve("banger.db"), Schema.CURRENT, "1.0.0");
    images = new SqliteImageStore(database);
    vms = new SqliteVmStore(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void finds_images_by_exact_id_and_name_oldest_first() {
    images.insert(Records.IMAGE);
    images.insert(Records.image("ffffffffffff", "alpine"));
    assertThat(images.list()).extracting("name").containsExactly("debian-bookworm", "alpine");
    assertThat(images.findByName("debian-bookworm")).contains(Records.IMAGE);
    assertThat(images.findById("0123456789ab")).contains(Records.IMAGE);
    assertThat(images.findByName("debian")).isEmpty();
    assertThat(images.findById("0123")).isEmpty();
  }

  @Test
  void refuses_a_name_and_an_id_that_are_taken() {
    images.insert(Records.IMAGE);
    assertThatThrownBy(() -> images.insert(Records.image("ffffffffffff", "debian-bookworm")))
        .hasMessageContaining("the name debian-bookworm is taken")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.ALREADY_EXISTS);
    assertThatThrownBy(() -> images.insert(Records.image("0123456789ab", "alpine")))
        .hasMessageContaining("the id 0123456789ab is taken");
  }

  @Test
  void an_update_replaces_the_record_of_an_id() {
    images.insert(Records.IMAGE);
    images.insert(Records.image("ffffffffffff", "alpine"));

    images.update(Records.IMAGE.named("bookworm"));

    assertThat(images.list()).extracting("name").containsExactly("bookworm", "alpine");
    assertThat(images.findByName("bookworm")).contains(Records.IMAGE.named("bookworm"));
    assertThatThrownBy(() -> images.update(Records.IMAGE.named("alpine")))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.ALREADY_EXISTS);
    assertThatThrownBy(() -> images.update(Records.image("eeeeeeeeeeee", "other")))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.NOT_FOUND);
  }

  @Test
  void replaces_an_image_only_while_no_machine_uses_it() {
    images.insert(Records.IMAGE);
    Image moved = Records.IMAGE.managed(Path.of("/elsewhere/rootfs.ext4"), 1);
    vms.reserve(existing -> Records.vm(1, "one"));
    assertThatThrownBy(() -> images.replaceUnused(moved))
        .hasMessageContaining("one")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.IN_USE);
    assertThat(images.findById(moved.id())).contains(Records.IMAGE);

    vms.list().forEach(vm -> vms.delete(vm.id()));
    images.replaceUnused(moved);
    assertThat(images.findById(moved.id())).contains(moved);
  }

  @Test
  void keeps_an_image_while_machines_use_it_and_names_them() {
    images.insert(Records.IMAGE);
    vms.reserve(existing -> Records.vm(2, "two"));
    vms.reserve(existing -> Records.vm(1, "one"));
    assertThatThrownBy(() -> images.delete(Records.IMAGE.id()))
        .hasMessageContaining("one, two")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.IN_USE);
    vms.list().forEach(vm -> vms.delete(vm.id()));
    images.delete(Records.IMAGE.id());
    images.delete(Records.IMAGE.id());
    assertThat(images.list()).isEmpty();
  }

  @Test
  void an_images_work_seed_is_kept() {
    Image seeded = Records.IMAGE.seeded(Path.of("/state/images/0123456789ab/work-seed.ext4"), 7);
    images.insert(Records.IMAGE);

    images.update(seeded);

    assertThat(new SqliteImageStore(database).findById(Records.IMAGE.id())).contains(seeded);
  }

  @Test
  void a_row_from_before_there_were_work_seeds_is_an_image_without_one() {
    String document =
        """
        {"id":"0123456789ab","name":"old","distribution":"debian","release":"bookworm",\
        "architecture":"amd64","kernel":"debian-cloud","rootfs":"/state/images/0123456789ab/rootfs.ext4",\
        "size_bytes":2147483648,"allocated_bytes":536870912,"source":"debian:bookworm","digest":null,\
        "config":{"environment":{},"user":null,"working_directory":null,"entrypoint":[],"command":[]},\
        "unmanaged":false,"created_at":"2026-01-31T12:00:00Z"}""";
    database.write(
        "insert a row of an older version",
        connection -> {
          try (PreparedStatement insert =
              connection.prepareStatement("INSERT INTO images VALUES (?, ?, ?, ?)")) {
            insert.setString(1, "0123456789ab");
            insert.setString(2, "old");
            insert.setLong(3, 0);
            insert.setString(4, document);
            return insert.executeUpdate();
          }
        });

    Image old = images.findByName("old").orElseThrow();

    assertThat(old.workSeed()).isNull();
    assertThat(old.rootfs()).isEqualTo(Path.of("/state/images/0123456789ab/rootfs.ext4"));
    assertThat(images.list()).containsExactly(old);
  }
}
