// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Options;
import dev.banger.image.Image;
import dev.banger.image.ImportImage;
import dev.banger.image.RegisterImage;
import dev.banger.imageservice.importing.ImageImporter;
import dev.banger.imageservice.oci.OciSettings;
import dev.banger.imageservice.workseed.WorkSeed;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Work seeds come, are replaced and go with their images, whatever fails. */
class WorkSeedsTest {
  private static final long BLOCK = 4096;

  @TempDir Path home;
  private final MemoryImageStore store = new MemoryImageStore();
  private final Operation operation = Operation.background();
  private final List<String> progress = new ArrayList<>();
  private Path file;
  private WorkSeeds.Maker maker = WorkSeed::write;
  private CatalogImageService images;

  @BeforeEach
  void start() throws IOException {
    file = home.resolve("mine.ext4");
    try (Ext4ImageWriter image =
        Ext4ImageWriter.create(file, Ext4Options.ofSize(1 << 20).build())) {
      image.finish();
    }
    images = service();
  }

  @Test
  void an_image_comes_with_its_seed_and_goes_with_it() throws IOException {
    Image image = importFile();

    assertThat(image.workSeed()).isEqualTo(image.rootfs().resolveSibling("work-seed.ext4"));
    assertThat(image.workSeed()).hasSize(512L << 20);
    assertThat(image.allocatedBytes()).isEqualTo(2 * BLOCK);
    assertThat(names(image)).containsExactly("image.json", "rootfs.ext4", "work-seed.ext4");
    assertThat(images.find("mine")).isEqualTo(image);
    assertThat(images.rename("mine", "yours", operation).workSeed()).isEqualTo(image.workSeed());
    store.delete(image.id()); // killed between the renaming and the row
    assertThat(service().find("yours").workSeed()).isEqualTo(image.workSeed());
    images.delete("yours", operation);
    assertThat(image.workSeed()).doesNotExist();
  }

  @Test
  void an_image_whose_file_system_is_not_understood_comes_without_and_says_so() throws IOException {
    byte[] content = Files.readAllBytes(file);
    content[1024 + 0x60] |= 0x4; // its journal was not replayed
    Files.write(file, content);

    Image image = importFile();

    assertThat(image.workSeed()).isNull();
    assertThat(names(image)).containsExactly("image.json", "rootfs.ext4");
    assertThat(progress).anyMatch(line -> line.matches(".*\"mine\" comes without a work seed:.*"));
    assertThatThrownBy(() -> images.refreshSeed("mine", operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT))
        .hasMessageContaining("e2fsck -p");
    assertThat(names(image)).containsExactly("image.json", "rootfs.ext4");
  }

  @Test
  void a_seed_that_cannot_be_written_takes_the_image_with_it_and_the_next_try_succeeds()
      throws IOException {
    for (Exception failure :
        List.of(
            new IOException("No space left on device"),
            new BangerException(ErrorCode.CANCELLED, "cancelled"))) {
      maker = failing(failure);
      assertThatThrownBy(this::importFile).isInstanceOf(BangerException.class);
      assertThat(images.list()).isEmpty();
      assertThat(home.resolve("images")).isEmptyDirectory();
    }
    maker = WorkSeed::write;
    store.insertFailure = new BangerException(ErrorCode.CORRUPT, "the store is damaged");
    assertThatThrownBy(this::importFile).hasMessage("the store is damaged");
    assertThat(home.resolve("images")).isEmptyDirectory();
    store.insertFailure = null;
    assertThat(importFile().workSeed()).exists();
  }

  @Test
  void an_image_that_is_renamed_while_a_refresh_waits_is_locked_under_its_new_name()
      throws IOException {
    Image image = importFile();
    maker =
        (rootfs, seed, op) -> {
          Operation bounded = Operation.background().within(Duration.ofMillis(100));
          assertThatThrownBy(() -> images.delete("yours", bounded))
              .isInstanceOfSatisfying(
                  BangerException.class,
                  e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
          WorkSeed.write(rootfs, seed, op);
        };
    store.afterNextList(() -> images.rename(image.id(), "yours", operation));
    assertThat(images.refreshSeed("mine", operation).name()).isEqualTo("yours");
    assertThat(images.find("yours").workSeed()).exists();
  }

  @Test
  void an_image_that_is_renamed_while_a_deletion_or_a_renaming_waits_is_the_one_that_was_meant()
      throws IOException {
    Image image = importFile();
    store.afterNextList(() -> images.rename(image.id(), "yours", operation));
    assertThat(images.rename("mine", "ours", operation).name()).isEqualTo("ours");
    store.afterNextList(() -> images.rename(image.id(), "theirs", operation));
    images.delete("ours", operation);
    assertThat(images.list()).isEmpty();
    assertThat(home.resolve("images")).isEmptyDirectory();
  }

  @Test
  void a_refreshed_seed_takes_the_place_of_the_old_one_which_its_readers_keep() throws IOException {
    maker = writing("old");
    Image image = importFile();
    try (InputStream reader = Files.newInputStream(image.workSeed())) {
      maker = writing("new");

      Image refreshed = images.refreshSeed("mine", operation);

      assertThat(reader.readAllBytes()).asString().isEqualTo("old");
      assertThat(image.workSeed()).hasContent("new");
      assertThat(refreshed).isEqualTo(image);
    }
    assertThat(names(image)).containsExactly("image.json", "rootfs.ext4", "work-seed.ext4");
  }

  @Test
  void a_refresh_that_fails_keeps_the_old_seed() throws IOException {
    maker = writing("old");
    Image image = importFile();
    Operation leaving = Operation.background();
    WorkSeeds.Maker cancelled =
        (rootfs, seed, op) -> {
          Files.writeString(seed, "new");
          leaving.cancel("the client left");
        };
    for (WorkSeeds.Maker each :
        List.of(failing(new IOException("No space left on device")), cancelled)) {
      maker = each;
      assertThatThrownBy(() -> images.refreshSeed("mine", leaving))
          .isInstanceOf(BangerException.class);
      assertThat(image.workSeed()).hasContent("old");
      assertThat(names(image)).containsExactly("image.json", "rootfs.ext4", "work-seed.ext4");
      assertThat(images.find("mine")).isEqualTo(image);
    }
    maker = writing("new");
    store.updateFailure = new BangerException(ErrorCode.CORRUPT, "the store is damaged");
    assertThatThrownBy(() -> images.refreshSeed("mine", operation))
        .hasMessage("the store is damaged");
    assertThat(image.workSeed()).hasContent("new");
    assertThat(images.find("mine")).isEqualTo(image);
  }

  @Test
  void an_image_from_before_there_were_seeds_gets_one() throws IOException {
    Image seeded = importFile();
    Files.delete(seeded.workSeed());
    store.update(seeded.seeded(null, BLOCK));

    assertThat(images.refreshSeed("mine", operation)).isEqualTo(seeded);

    assertThat(seeded.workSeed()).exists();
    store.delete(seeded.id());
    assertThat(service().find("mine")).isEqualTo(seeded);
  }

  @Test
  void a_registered_image_has_a_seed_once_it_is_promoted() throws IOException {
    Image registered = images.register(new RegisterImage("mine", file, null), operation);

    assertThat(registered.workSeed()).isNull();
    assertThatThrownBy(() -> images.refreshSeed("mine", operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST))
        .hasMessageContaining("banger image promote mine");
    assertThat(home.resolve("mine.ext4")).exists();
    maker = failing(new IOException("No space left on device"));
    assertThatThrownBy(() -> images.promote("mine", operation)).hasMessageContaining("space");
    assertThat(images.find("mine")).isEqualTo(registered);
    assertThat(home.resolve("images")).isEmptyDirectory();

    maker = WorkSeed::write;
    Image promoted = images.promote("mine", operation);

    assertThat(promoted.workSeed()).isEqualTo(promoted.rootfs().resolveSibling("work-seed.ext4"));
    assertThat(promoted.workSeed()).exists();
    assertThat(images.refreshSeed("mine", operation)).isEqualTo(promoted);
  }

  @Test
  void what_a_killed_refresh_left_is_removed_at_the_next_start() throws IOException {
    Image image = importFile();
    Files.writeString(image.workSeed().resolveSibling("work-seed.ext4.new"), "half");
    Files.createFile(home.resolve("images/a-stray-file"));

    service();

    assertThat(names(image)).containsExactly("image.json", "rootfs.ext4", "work-seed.ext4");
  }

  private Image importFile() {
    return images.importImage(
        new ImportImage(file, null, null, null),
        operation.reportingTo(event -> progress.add(event.message())));
  }

  private static WorkSeeds.Maker writing(String content) {
    return (rootfs, seed, op) -> Files.writeString(seed, content);
  }

  /** Fails when half is written. */
  private static WorkSeeds.Maker failing(Exception failure) {
    return (rootfs, seed, op) -> {
      Files.writeString(seed, "half");
      if (failure instanceof IOException e) {
        throw e;
      }
      throw (BangerException) failure;
    };
  }

  private static List<String> names(Image image) throws IOException {
    try (Stream<Path> entries = Files.list(image.rootfs().getParent())) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  private CatalogImageService service() throws IOException {
    RegistryImageSource registries =
        new RegistryImageSource(
            TestConfiguration::defaults,
            home.resolve("oci"),
            new PlainCommands(),
            OciSettings.of(Map.of(), home));
    return new CatalogImageService(
        store,
        home.resolve("images"),
        new TestJson(),
        List.of(registries),
        registries,
        new ImageImporter(TestConfiguration.settings(), new PlainCommands()),
        (rootfs, seed, op) -> maker.write(rootfs, seed, op),
        new PlainCommands(),
        () -> "debian-bookworm",
        () -> "debian-cloud");
  }
}
