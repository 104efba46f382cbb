// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** The documents and blobs of an image; each can be bent before it is served. */
final class TestImage {
  static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
  static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
  static final String OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
  static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
  static final String DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

  private static final ObjectMapper JSON = new ObjectMapper();

  final Map<String, Object> config = new LinkedHashMap<>();
  final Map<String, Object> manifest = new LinkedHashMap<>();
  final List<byte[]> layers = new ArrayList<>();
  final List<Map<String, Object>> layerEntries = new ArrayList<>();

  /** An image of layers of so many random, packed bytes. */
  static TestImage of(int... layerSizes) {
    TestImage image = new TestImage();
    List<Object> diffIds = new ArrayList<>();
    for (int i = 0; i < layerSizes.length; i++) {
      byte[] content = new byte[layerSizes[i]];
      new Random(i).nextBytes(content);
      diffIds.add(OciDigest.of(content).toString());
      byte[] layer = gzip(content);
      image.layers.add(layer);
      image.layerEntries.add(descriptor(OCI_LAYER, layer));
    }
    image.config.put("created", "2024-05-22T18:18:11Z");
    image.config.put("os", "linux");
    image.config.put("architecture", "amd64");
    Map<String, Object> run = new LinkedHashMap<>();
    run.put("Env", List.of("PATH=/bin", "A=b"));
    run.put("User", "app:staff");
    run.put("WorkingDir", "/srv");
    run.put("Entrypoint", List.of("/entry"));
    run.put("Cmd", List.of("a", "b c"));
    run.put("Labels", Map.of("k", "v"));
    image.config.put("config", run);
    image.config.put("rootfs", mapOf("type", "layers", "diff_ids", diffIds));
    image.manifest.put("schemaVersion", 2);
    image.manifest.put("mediaType", OCI_MANIFEST);
    image.manifest.put("layers", image.layerEntries);
    return image;
  }

  static byte[] gzip(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Map<String, Object> mapOf(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put((String) pairs[i], pairs[i + 1]);
    }
    return map;
  }

  static Map<String, Object> descriptor(String mediaType, byte[] content) {
    return mapOf(
        "mediaType", mediaType, "size", content.length, "digest", OciDigest.of(content).toString());
  }

  static byte[] json(Object value) {
    try {
      return JSON.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** An index of one entry a platform, such as {@code linux/amd64}; empty for none. */
  static byte[] index(String mediaType, Map<String, Map<String, Object>> byPlatform) {
    List<Object> entries = new ArrayList<>();
    byPlatform.forEach(
        (platform, descriptor) -> {
          Map<String, Object> entry = new LinkedHashMap<>(descriptor);
          if (!platform.isEmpty()) {
            String[] parts = platform.split("/");
            Map<String, Object> fields = mapOf("os", parts[0], "architecture", parts[1]);
            if (parts.length > 2) {
              fields.put("variant", parts[2]);
            }
            entry.put("platform", fields);
          }
          entries.add(entry);
        });
    return json(mapOf("schemaVersion", 2, "mediaType", mediaType, "manifests", entries));
  }

  byte[] configBytes() {
    return json(config);
  }

  byte[] manifestBytes() {
    manifest.putIfAbsent("config", descriptor(OCI_CONFIG, configBytes()));
    return json(manifest);
  }

  OciDigest manifestDigest() {
    return OciDigest.of(manifestBytes());
  }

  OciDigest layerDigest(int index) {
    return OciDigest.of(layers.get(index));
  }

  /** Serves everything under a name and a tag, and the manifest by its digest, too. */
  TestImage push(FakeRegistry registry, String name, String tag) {
    byte[] bytes = manifestBytes();
    String mediaType = (String) manifest.getOrDefault("mediaType", OCI_MANIFEST);
    registry.manifest(name, tag, mediaType, bytes);
    registry.manifest(name, OciDigest.of(bytes).toString(), mediaType, bytes);
    registry.blob(name, OciDigest.of(configBytes()), configBytes());
    for (byte[] layer : layers) {
      registry.blob(name, OciDigest.of(layer), layer);
    }
    return this;
  }
}
