// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.host.BangerDirectories;
import dev.banger.image.PullImage;
import dev.banger.imageservice.HostTool;
import dev.banger.imageservice.PlainCommands;
import dev.banger.imageservice.RealCommands;
import dev.banger.imageservice.RegistryImageSource;
import dev.banger.imageservice.TestConfiguration;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A working directory that no layer has is in the image of a registry all the same. */
class WorkingDirectoryPullTest {
  @TempDir Path home;

  @Test
  void the_working_directory_is_made_and_the_same_image_is_the_same_bytes() throws IOException {
    HostTool.require("debugfs");
    Path first = pull("/srv/app", "first");
    Path second = pull("/srv/app", "second");

    assertThat(stat(first)).contains("Type: directory", "Mode:  0755", "User:     0");
    assertThat(Files.mismatch(first, second)).isNegative();
  }

  @Test
  void a_hostile_working_directory_does_not_keep_an_image_from_being_pulled() throws IOException {
    HostTool.require("debugfs");
    for (String each : List.of("srv/app", "/srv/../srv/app", "/x".repeat(4096))) {
      Path image = pull(each, "box" + each.hashCode());

      assertThat(stat(image)).as(each).doesNotContain("Inode:");
    }
  }

  private Path pull(String workingDirectory, String name) throws IOException {
    try (FakeRegistry registry = new FakeRegistry()) {
      TestImage image = new TestImage();
      byte[] emptyTar = new byte[10240];
      byte[] layer = TestImage.gzip(emptyTar);
      image.layers.add(layer);
      image.config.put("os", "linux");
      image.config.put("architecture", "amd64");
      image.config.put("config", Map.of("WorkingDir", workingDirectory));
      image.config.put(
          "rootfs",
          TestImage.mapOf(
              "type", "layers", "diff_ids", List.of(OciDigest.of(emptyTar).toString())));
      image.manifest.put("schemaVersion", 2);
      image.manifest.put("mediaType", TestImage.OCI_MANIFEST);
      image.manifest.put("layers", List.of(TestImage.descriptor(TestImage.OCI_LAYER, layer)));
      image.push(registry, "box", "1");
      Path rootfs = home.resolve(name);
      new RegistryImageSource(
              TestConfiguration.settings(), new Directories(home), new PlainCommands())
          .recipe(new PullImage(registry.host() + "/box:1", null, null, 1L << 30, false, null))
          .orElseThrow()
          .make(rootfs, Operation.background());
      return rootfs;
    }
  }

  private static String stat(Path image) {
    return new RealCommands().succeed("debugfs", "-R", "stat /srv/app", image.toString());
  }

  private record Directories(Path home) implements BangerDirectories {
    @Override
    public Path configuration() {
      return home;
    }

    @Override
    public Path state() {
      return home;
    }

    @Override
    public Path cache() {
      return home;
    }

    @Override
    public Path run() {
      return home;
    }
  }
}
