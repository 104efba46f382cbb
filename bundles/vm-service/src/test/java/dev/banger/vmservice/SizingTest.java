// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.image.Image;
import dev.banger.image.ImageConfig;
import dev.banger.vm.CreateVm;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.SizedSpec.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SizingTest {
  private static final HostCapacity HOST = new HostCapacity(16, 64 * 1024);

  @Test
  void a_request_wins_over_the_configuration_and_that_over_the_host() {
    SizedSpec host = sizing(Map.of()).size(request(null, null, null));
    assertThat(host.spec().vcpus()).isEqualTo(4);
    assertThat(host.spec().memoryMib()).isEqualTo(8192);
    assertThat(host.vcpus()).isEqualTo(Origin.HOST);
    assertThat(host.disk()).isEqualTo(Origin.BUILTIN);

    Sizing configured = sizing(Map.of("vcpus", 2, "memoryMib", 700L, "diskBytes", 1L << 31));
    SizedSpec config = configured.size(request(null, null, null));
    assertThat(config.spec().vcpus()).isEqualTo(2);
    assertThat(config.spec().memoryMib()).isEqualTo(700);
    assertThat(config.spec().diskBytes()).isEqualTo(1L << 31);
    assertThat(config.memory()).isEqualTo(Origin.CONFIG);

    SizedSpec asked = configured.size(request(3, 900L, (1L << 30) + 1));
    assertThat(asked.spec().vcpus()).isEqualTo(3);
    assertThat(asked.spec().memoryMib()).isEqualTo(900);
    assertThat(asked.spec().diskBytes()).isEqualTo((1L << 30) + 4096);
    assertThat(asked.disk()).isEqualTo(Origin.FLAG);
  }

  @Test
  void refuses_impossible_sizes() {
    Sizing sizing = sizing(Map.of());
    for (CreateVm bad :
        new CreateVm[] {
          request(0, null, null),
          request(-1, null, null),
          request(256, null, null),
          request(null, 63L, null),
          request(null, 64 * 1024L + 1, null),
          request(null, Long.MIN_VALUE, null),
          request(null, null, 0L),
          request(null, null, Long.MAX_VALUE)
        }) {
      assertThatThrownBy(() -> sizing.size(bad)).isInstanceOf(BangerException.class);
    }
    assertThat(sizing.size(request(255, 64L, 1L << 20)).spec().vcpus()).isEqualTo(255);
  }

  @Test
  void a_disk_has_room_for_its_image() {
    Sizing sizing = sizing(Map.of());
    SizedSpec asked = sizing.size(request(1, 64L, 1L << 20));
    assertThatThrownBy(() -> sizing.fitted(asked, image(1L << 21, null)))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("debian");
    assertThat(sizing.fitted(asked, image(1L << 20, null)).diskBytes()).isEqualTo(1L << 20);
    SizedSpec chosen = sizing.size(request(1, 64L, null));
    assertThat(sizing.fitted(chosen, image(1L << 40, null)).diskBytes()).isEqualTo(1L << 40);
  }

  @Test
  void a_work_disk_has_room_for_its_seed(@TempDir Path directory) throws IOException {
    Image seeded = image(4096, Files.write(directory.resolve("seed"), new byte[2 << 20]));
    Image bare = image(4096, null);
    Sizing sizing = sizing(Map.of());
    SizedSpec chosen = sizing.size(request(1, 64L, null));
    assertThat(sizing.fitted(chosen, seeded).workDiskBytes()).isEqualTo(8L << 30);
    assertThat(sizing.fitted(chosen, bare).workDiskBytes()).isZero();
    assertThat(sizing.fitted(sizing.size(workDisk(2L << 20)), seeded).workDiskBytes())
        .isEqualTo(2L << 20);
    assertThat(sizing.fitted(sizing.size(workDisk(0L)), seeded).workDiskBytes()).isZero();
    assertThatThrownBy(() -> sizing.fitted(sizing.size(workDisk(1L << 20)), seeded))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("too small for the work seed");
    assertThatThrownBy(() -> sizing.fitted(sizing.size(workDisk(1L << 20)), bare))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("has no work seed");
    Sizing without = sizing(Map.of("workDiskBytes", 0L));
    SizedSpec none = without.size(request(1, 64L, null));
    assertThat(none.workDisk()).isEqualTo(Origin.CONFIG);
    assertThat(without.fitted(none, seeded).workDiskBytes()).isZero();
  }

  private static CreateVm workDisk(long bytes) {
    return CreateVm.builder().name("web").vcpus(1).memoryMib(64L).workDiskBytes(bytes).build();
  }

  private static Image image(long bytes, Path workSeed) {
    return new Image(
        "0123456789ab",
        "debian",
        "debian",
        "trixie",
        "amd64",
        "kernel",
        Path.of("rootfs.ext4"),
        bytes,
        bytes,
        "test",
        null,
        ImageConfig.NONE,
        false,
        Instant.EPOCH,
        workSeed);
  }

  private static Sizing sizing(Map<String, Object> settings) {
    return new Sizing(() -> Platform.configuration(settings), HOST);
  }

  private static CreateVm request(Integer vcpus, Long memoryMib, Long diskBytes) {
    return CreateVm.builder()
        .name("web")
        .vcpus(vcpus)
        .memoryMib(memoryMib)
        .diskBytes(diskBytes)
        .build();
  }
}
