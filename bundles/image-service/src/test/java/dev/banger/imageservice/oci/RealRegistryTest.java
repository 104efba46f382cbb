// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.layers.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images made by umoci and pushed by skopeo, pulled from Debian's docker-registry. */
@Timeout(60)
class RealRegistryTest {
  @TempDir static Path shared;
  private static Path layout;
  private static RegistryProcess registry;
  private static final List<OciDigest> TARS = new ArrayList<>();

  @TempDir Path directory;
  private Pulls pulls;

  @BeforeAll
  static void makeImage() throws Exception {
    RegistryProcess.requireTools("docker-registry", "skopeo", "umoci", "htpasswd");
    layout = shared.resolve("layout");
    String image = layout + ":v1";
    RegistryProcess.run("umoci", "init", "--layout", layout.toString());
    RegistryProcess.run("umoci", "new", "--image", image);
    for (int i = 0; i < 3; i++) {
      Path tar = tar(shared.resolve("layer" + i + ".tar"), "file" + i, 700_000 * (i + 1));
      TARS.add(OciDigest.of(Files.readAllBytes(tar)));
      RegistryProcess.run("umoci", "raw", "add-layer", "--image", image, tar.toString());
    }
    RegistryProcess.run(
        "umoci",
        "config",
        "--image",
        image,
        "--config.env",
        "GREETING=hello world",
        "--config.user",
        "1000:1000",
        "--config.workingdir",
        "/data",
        "--config.entrypoint",
        "/bin/entry",
        "--config.cmd",
        "--flag",
        "--config.label",
        "maker=umoci",
        "--os",
        "linux",
        "--architecture",
        "amd64");
    registry = new RegistryProcess(shared.resolve("registry"), "");
  }

  private static String source() {
    return "oci:" + layout + ":v1";
  }

  private static Path tar(Path file, String name, int size) throws IOException {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      TarArchiveEntry entry = new TarArchiveEntry(name);
      entry.setSize(size);
      out.putArchiveEntry(entry);
      out.write(content);
      out.closeArchiveEntry();
    }
    return file;
  }

  @AfterAll
  static void stopRegistry() throws InterruptedException {
    if (registry != null) {
      registry.close();
    }
  }

  @BeforeEach
  void cache() {
    pulls = new Pulls(directory);
  }

  private static OciDigest unpacked(OciLayer layer) throws IOException {
    return switch (layer.compression()) {
      case NONE -> OciDigest.of(Files.readAllBytes(layer.file()));
      case GZIP -> {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(layer.file()))) {
          yield OciDigest.of(in.readAllBytes());
        }
      }
      case ZSTD -> {
        Process zstd = new ProcessBuilder("zstd", "-dc", layer.file().toString()).start();
        yield OciDigest.of(zstd.getInputStream().readAllBytes());
      }
      default -> throw new AssertionError(layer);
    };
  }

  private static void isTheImage(OciImage image, Compression compression) throws IOException {
    assertThat(image.config().env()).contains("GREETING=hello world");
    assertThat(image.config().user()).isEqualTo("1000:1000");
    assertThat(image.config().workingDir()).isEqualTo("/data");
    assertThat(image.config().entrypoint()).containsExactly("/bin/entry");
    assertThat(image.config().cmd()).containsExactly("--flag");
    assertThat(image.config().labels()).containsEntry("maker", "umoci");
    assertThat(image.config().diffIds()).isEqualTo(TARS);
    assertThat(image.layers()).extracting(OciLayer::diffId).isEqualTo(TARS);
    for (OciLayer layer : image.layers()) {
      assertThat(layer.compression()).isEqualTo(compression);
      assertThat(layer.file()).hasSize(layer.size());
      assertThat(OciDigest.of(Files.readAllBytes(layer.file()))).isEqualTo(layer.digest());
      assertThat(unpacked(layer)).isEqualTo(layer.diffId());
    }
  }

  @Test
  void pulls_an_oci_image() throws IOException {
    registry.push(source(), "team/oci:1");
    OciImage image = pulls.pull(registry.reference("team/oci:1"));
    isTheImage(image, Compression.GZIP);
    OciReference pinned = registry.reference("team/oci@" + image.manifestDigest());
    assertThat(pulls.pull(pinned).layers()).isEqualTo(image.layers());
  }

  @Test
  void pulls_a_docker_image() throws IOException {
    registry.push(source(), "docker:1", "--format=v2s2");
    isTheImage(pulls.pull(registry.reference("docker:1")), Compression.GZIP);
  }

  @Test
  void pulls_layers_packed_with_zstd() throws Exception {
    RegistryProcess.requireTools("zstd");
    // skopeo packs only what is not packed, and takes packed twins that a registry has already.
    String plain = "dir:" + directory.resolve("plain");
    RegistryProcess.run(
        "skopeo", "--insecure-policy", "copy", "-q", "--dest-decompress", source(), plain);
    try (RegistryProcess empty = new RegistryProcess(directory.resolve("empty"), "")) {
      empty.push(plain, "zstd:1", "--dest-compress-format=zstd", "--format=oci");
      isTheImage(pulls.pull(empty.reference("zstd:1")), Compression.ZSTD);
    }
  }

  @Test
  void goes_on_with_a_layer_that_was_begun() throws IOException {
    registry.push(source(), "resumed:1");
    OciImage image = pulls.pull(registry.reference("resumed:1"));
    OciLayer layer = image.layers().get(2);
    byte[] whole = Files.readAllBytes(layer.file());
    Files.write(
        directory.resolve("oci/partial/" + layer.digest().hex() + ".partial"),
        java.util.Arrays.copyOf(whole, 1_000_000));
    Files.delete(layer.file());
    pulls.progress.clear();
    assertThat(pulls.pull(registry.reference("resumed:1"))).isEqualTo(image);
    assertThat(pulls.progress)
        .filteredOn(event -> event.message().contains(layer.digest().shortened()))
        .isNotEmpty()
        .allMatch(event -> event.done() > 1_000_000);
  }

  @Test
  void names_that_are_not_there_are_told() {
    assertThatThrownBy(() -> pulls.pull(registry.reference("nothing:1")))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND))
        .hasMessageContaining(registry.host() + "/nothing:1");
  }

  @Test
  void pulls_from_a_registry_that_asks_for_a_password() throws Exception {
    try (RegistryProcess closed =
        new RegistryProcess(directory.resolve("closed"), "me:pass:word")) {
      closed.push(source(), "private:1");
      OciReference reference = closed.reference("private:1");
      assertThatThrownBy(() -> pulls.pull(reference))
          .isInstanceOfSatisfying(
              BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHORIZED));
      login(closed.host(), "me:wrong");
      assertThatThrownBy(() -> pulls.pull(reference))
          .isInstanceOfSatisfying(
              BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHORIZED));
      login(closed.host(), "me:pass:word");
      isTheImage(pulls.pull(reference), Compression.GZIP);
    }
  }

  private void login(String host, String credentials) throws IOException {
    String encoded =
        Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    Files.writeString(
        pulls.dockerConfig, "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(host, encoded));
  }
}
