// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.operation.Operation;
import dev.banger.operation.ProgressEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Pulls with short times into a cache in a directory, and remembers the progress. */
final class Pulls {
  final Path directory;
  final BlobCache cache;
  final List<ProgressEvent> progress = new CopyOnWriteArrayList<>();
  final Path dockerConfig;
  private Duration silence = Duration.ofSeconds(20);
  private Map<String, String> environment = Map.of();
  private long spare;
  private int parallel = 4;
  private OciSettings made;
  private OciPuller puller;

  Pulls(Path directory) {
    this.directory = directory;
    this.cache = new BlobCache(directory.resolve("oci"));
    this.dockerConfig = directory.resolve("config.json");
  }

  Pulls silence(Duration limit) {
    silence = limit;
    return this;
  }

  Pulls environment(Map<String, String> variables) {
    environment = variables;
    return this;
  }

  Pulls spare(long bytes) {
    spare = bytes;
    return this;
  }

  Pulls parallel(int blobs) {
    parallel = blobs;
    return this;
  }

  OciSettings settings() {
    return new OciSettings(
        parallel, silence, 3, Duration.ofMillis(5), dockerConfig, environment, spare);
  }

  synchronized OciPuller puller() {
    if (puller == null || !settings().equals(made)) {
      made = settings();
      puller = new OciPuller(cache, made);
    }
    return puller;
  }

  Operation operation() {
    return Operation.start(progress::add);
  }

  OciImage pull(OciReference reference) {
    return puller().pull(reference, false, operation());
  }

  List<OciDigest> complete() {
    return cache.list().stream().filter(CachedBlob::complete).map(CachedBlob::digest).toList();
  }
}
