// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** An image that umoci makes of tar archives, which tar makes, and skopeo pushes. */
final class OciLayout {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path directory;

  private OciLayout(Path directory) {
    this.directory = directory;
  }

  /** One without layers; the directory is not there yet. */
  static OciLayout create(Path directory) {
    OciLayout layout = new OciLayout(directory);
    host("umoci", "init", "--layout", directory.toString());
    host("umoci", "new", "--image", layout.image());
    return layout;
  }

  /** Adds a tree as a layer, owned by root. */
  OciLayout layer(Path tree) {
    Path archive = directory.resolveSibling(directory.getFileName() + ".tar");
    host(
        "tar",
        "-C",
        tree.toString(),
        "--numeric-owner",
        "--owner=0",
        "--group=0",
        "-cf",
        archive.toString(),
        ".");
    return archive(archive);
  }

  /** Adds a tar archive as a layer, as it is. */
  OciLayout archive(Path archive) {
    host("umoci", "raw", "add-layer", "--image", image(), archive.toString());
    return this;
  }

  /** Sets its configuration, in umoci-config's words. */
  OciLayout config(String... options) {
    List<String> argv = new ArrayList<>(List.of("umoci", "config", "--image", image()));
    argv.addAll(List.of(options));
    host(argv.toArray(String[]::new));
    return this;
  }

  /** Makes its configuration tell lies about the content of its first layer. */
  OciLayout withWrongDiffId() {
    try {
      Path indexFile = directory.resolve("index.json");
      ObjectNode index = (ObjectNode) JSON.readTree(indexFile.toFile());
      ObjectNode toManifest = (ObjectNode) index.get("manifests").get(0);
      ObjectNode manifest = read(toManifest);
      ObjectNode config = read((ObjectNode) manifest.get("config"));
      ((ArrayNode) config.get("rootfs").get("diff_ids")).set(0, "sha256:" + "ab".repeat(32));
      write((ObjectNode) manifest.get("config"), config);
      write(toManifest, manifest);
      Files.write(indexFile, JSON.writeValueAsBytes(index));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ObjectNode read(ObjectNode descriptor) throws IOException {
    return (ObjectNode) JSON.readTree(blob(descriptor.get("digest").asText()).toFile());
  }

  private void write(ObjectNode descriptor, ObjectNode content) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(content);
    String digest = "sha256:" + sha256(bytes);
    Files.write(blob(digest), bytes);
    descriptor.put("digest", digest).put("size", bytes.length);
  }

  private Path blob(String digest) {
    return directory.resolve("blobs").resolve(digest.replace(':', '/'));
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Pushes it without TLS; more options are skopeo-copy's. */
  void push(String reference, String... options) {
    List<String> argv =
        new ArrayList<>(
            List.of("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false"));
    argv.addAll(List.of(options));
    argv.addAll(List.of("oci:" + image(), "docker://" + reference));
    host(argv.toArray(String[]::new));
  }

  private String image() {
    return directory + ":latest";
  }

  /** Runs a program of the host, which must succeed, and gives its standard output. */
  static String host(String... argv) {
    Outcome outcome = Running.start(List.of(argv), Path.of("/")).await(LIMIT);
    assertThat(outcome.status()).as(() -> String.join(" ", argv) + ": " + outcome).isZero();
    return outcome.stdout();
  }
}
