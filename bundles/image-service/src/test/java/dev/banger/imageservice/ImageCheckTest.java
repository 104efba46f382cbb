// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.doctor.Finding;
import dev.banger.image.Image;
import dev.banger.image.ImageConfig;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The doctor sees images whose files are gone, and files whose images are. */
class ImageCheckTest {
  @TempDir Path home;
  private final MemoryImageStore store = new MemoryImageStore();

  @Test
  void whole_images_pass_and_damaged_ones_are_told_with_the_remedy() throws IOException {
    Path directory = Files.createDirectory(home.resolve("0123456789ab"));
    Path rootfs = Files.write(directory.resolve("rootfs.ext4"), new byte[100]);
    Path seed = Files.createFile(directory.resolve("work-seed.ext4"));
    store.insert(image(rootfs, false).seeded(seed, 100));
    assertThat(examine())
        .singleElement()
        .satisfies(finding -> assertThat(finding.status()).isEqualTo(Finding.Status.PASS));

    Files.write(rootfs, new byte[99]);
    assertDamaged();
    Files.delete(rootfs);
    Files.delete(seed);
    Files.delete(directory);
    assertDamaged();
  }

  @Test
  void an_image_without_its_work_seed_is_told_unless_it_is_a_registered_one() throws IOException {
    Path directory = Files.createDirectory(home.resolve("0123456789ab"));
    Path rootfs = Files.write(directory.resolve("rootfs.ext4"), new byte[100]);
    Image old = image(rootfs, false);
    store.insert(old);
    assertSeedless();
    store.update(old.seeded(directory.resolve("work-seed.ext4"), 100));
    assertSeedless();

    Files.createFile(directory.resolve("work-seed.ext4"));
    assertThat(examine()).singleElement().matches(each -> each.status() == Finding.Status.PASS);
    store.update(image(Files.move(rootfs, home.resolve("mine")), true));
    Files.delete(directory.resolve("work-seed.ext4"));
    Files.delete(directory);
    assertThat(examine()).singleElement().matches(each -> each.status() == Finding.Status.PASS);
  }

  private void assertSeedless() {
    assertThat(examine())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.status()).isEqualTo(Finding.Status.WARN);
              assertThat(finding.detail()).contains("\"box\" has no work seed");
              assertThat(finding.remedy()).contains("banger image refresh-seed box");
            });
  }

  private static Image image(Path rootfs, boolean unmanaged) {
    return new Image(
        "0123456789ab",
        "box",
        "debian",
        "bookworm",
        "amd64",
        "k",
        rootfs,
        100,
        100,
        "s",
        null,
        ImageConfig.NONE,
        unmanaged,
        Instant.EPOCH);
  }

  private void assertDamaged() {
    assertThat(examine())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.status()).isEqualTo(Finding.Status.WARN);
              assertThat(finding.detail()).contains("\"box\" is damaged");
              assertThat(finding.remedy()).contains("banger image delete box");
            });
  }

  @Test
  void a_directory_that_belongs_to_no_image_is_told() throws IOException {
    Path stray = Files.createDirectory(home.resolve("abcdef012345"));

    assertThat(examine())
        .singleElement()
        .satisfies(finding -> assertThat(finding.detail()).contains(stray.toString()));
  }

  private List<Finding> examine() {
    return new ImageCheck(store, home, new TestJson()).examine(Operation.background());
  }
}
