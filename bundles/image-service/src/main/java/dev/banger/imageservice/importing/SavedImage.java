// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.imageservice.layers.Compression;
import dev.banger.imageservice.layers.Layer;
import dev.banger.imageservice.layers.LayerDigest;
import dev.banger.imageservice.oci.Descriptor;
import dev.banger.imageservice.oci.Document;
import dev.banger.imageservice.oci.ImageManifest;
import dev.banger.imageservice.oci.ManifestResolver;
import dev.banger.imageservice.oci.OciConfig;
import dev.banger.imageservice.oci.OciDigest;
import dev.banger.imageservice.oci.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A container image that another tool saved: an image layout (OCI image specification,
 * image-layout.md), or what {@code docker save} writes (Docker image specification v1.2, "Combined
 * Image JSON + Filesystem Changeset Format").
 *
 * @param layers the lowest first; their digests are checked while they are read
 * @param config how its maker wants processes to be started
 * @param digest of its manifest, or of its configuration where there is no manifest
 */
record SavedImage(List<Layer> layers, OciConfig config, OciDigest digest) {
  static final String DOCKER = "manifest.json";
  static final String INDEX = "index.json";
  private static final int LARGEST_DOCUMENT = 8 << 20;
  private static final Pattern DIGEST = Pattern.compile("(?:^|[:/])([0-9a-f]{64})(?:\\.json)?$");

  /**
   * Finds the one image for linux/amd64.
   *
   * @throws dev.banger.error.BangerException BAD_REQUEST when there are several; NOT_FOUND when
   *     there is none for this platform; CORRUPT, OPERATION_FAILED when it is not accepted
   * @throws IOException when a file cannot be read
   */
  static SavedImage find(ContainerFiles files, Refusal refusal) throws IOException {
    Reader reader = new Reader(files, refusal);
    // Newer versions of Docker write both, and say only here which image was meant.
    return files.find(DOCKER).isPresent() ? reader.docker() : reader.layout();
  }

  /** Reads the documents of an image. */
  private record Reader(ContainerFiles files, Refusal refusal) {
    SavedImage docker() throws IOException {
      // The reader of documents takes objects only, and this one is a list.
      String list = new String(bytes(DOCKER), UTF_8);
      Document document = Document.parse(("{\"images\":" + list + "}").getBytes(UTF_8), DOCKER);
      List<Document> images = document.objects("images");
      if (images.size() != 1) {
        throw refusal.unfit(
            "it holds " + images.size() + " images; save the one that you want alone");
      }
      Document image = images.get(0);
      String name = image.text("Config");
      byte[] config = bytes(name);
      OciDigest digest = OciDigest.of(config);
      Matcher named = DIGEST.matcher(name);
      if (named.find() && !named.group(1).equals(digest.hex())) {
        throw refusal.damaged("its configuration has the digest " + digest, null);
      }
      List<ContainerFiles.Blob> layers = new ArrayList<>();
      for (String layer : image.texts("Layers")) {
        layers.add(blob(layer));
      }
      return image(config, layers, digest, List.of());
    }

    SavedImage layout() throws IOException {
      ImageManifest manifest;
      try {
        manifest = new ManifestResolver(refusal.path().toString(), this::verified).resolve();
      } catch (UncheckedFailure e) {
        throw e.failure;
      }
      byte[] config = content(manifest.config());
      List<ContainerFiles.Blob> layers = new ArrayList<>();
      List<OciDigest> digests = new ArrayList<>();
      for (Descriptor layer : manifest.layers()) {
        layers.add(sized(layer));
        digests.add(layer.digest());
      }
      return image(config, layers, manifest.digest(), digests);
    }

    private ManifestResolver.VerifiedManifest verified(Optional<Descriptor> wanted) {
      try {
        byte[] bytes = wanted.isPresent() ? content(wanted.get()) : bytes(INDEX);
        String mediaType = wanted.map(Descriptor::mediaType).orElse("");
        return new ManifestResolver.VerifiedManifest(bytes, OciDigest.of(bytes), mediaType);
      } catch (IOException e) {
        throw new UncheckedFailure(e);
      }
    }

    private SavedImage image(
        byte[] json, List<ContainerFiles.Blob> blobs, OciDigest digest, List<OciDigest> digests) {
      OciConfig config = OciConfig.parse(json, "the configuration of " + refusal.path());
      if (!config.platform().equals(Platform.LINUX_AMD64)) {
        throw refusal.unfit(
            "it is an image for " + config.platform() + ", not for " + Platform.LINUX_AMD64);
      }
      if (config.diffIds().size() != blobs.size() || blobs.size() > ImageManifest.MOST_LAYERS) {
        throw refusal.damaged(
            "it has %d layers, its configuration names %d, and %d are the most that there may be"
                .formatted(blobs.size(), config.diffIds().size(), ImageManifest.MOST_LAYERS),
            null);
      }
      List<Layer> layers = new ArrayList<>();
      for (int i = 0; i < blobs.size(); i++) {
        Layer layer =
            Layer.of(blobs.get(i)::open, Compression.DETECTED)
                .withDiffId(LayerDigest.parse(config.diffIds().get(i).toString()));
        layers.add(
            digests.isEmpty()
                ? layer
                : layer.withDigest(LayerDigest.parse(digests.get(i).toString())));
      }
      return new SavedImage(layers, config, digest);
    }

    private byte[] content(Descriptor wanted) throws IOException {
      byte[] bytes = read(sized(wanted), wanted.digest().toString());
      OciDigest found = OciDigest.of(bytes);
      if (!found.equals(wanted.digest())) {
        throw refusal.damaged(wanted.digest() + " has the digest " + found, null);
      }
      return bytes;
    }

    private ContainerFiles.Blob sized(Descriptor wanted) throws IOException {
      ContainerFiles.Blob blob = blob("blobs/sha256/" + wanted.digest().hex());
      if (blob.size() != wanted.size()) {
        throw refusal.damaged(
            wanted.digest() + " has " + blob.size() + " bytes, not " + wanted.size(), null);
      }
      return blob;
    }

    private byte[] bytes(String name) throws IOException {
      return read(blob(name), name);
    }

    private ContainerFiles.Blob blob(String name) throws IOException {
      return files.find(name).orElseThrow(() -> refusal.damaged("it has no file " + name, null));
    }

    private byte[] read(ContainerFiles.Blob blob, String name) throws IOException {
      if (blob.size() > LARGEST_DOCUMENT) {
        throw refusal.damaged(name + " has more than " + LARGEST_DOCUMENT + " bytes", null);
      }
      try (InputStream in = blob.open()) {
        return in.readNBytes(LARGEST_DOCUMENT);
      }
    }
  }

  /** Carries a failure through what knows no I/O. */
  private static final class UncheckedFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient IOException failure;

    UncheckedFailure(IOException failure) {
      super(failure);
      this.failure = failure;
    }
  }
}
