// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * How images are pulled.
 *
 * @param parallelBlobs how many blobs of one pull are fetched at once; 1 to 16
 * @param silence how long a registry may send nothing before the pull fails; positive
 * @param attempts how often at most a request is sent whose connection breaks; 1 to 10
 * @param pause the time before the second attempt; it doubles with each one
 * @param dockerConfig Docker's config.json, read at each pull that needs credentials; it need not
 *     exist
 * @param environment where the proxies stand, see {@link OciPuller}
 * @param spareBytes what must stay free on the cache's file system
 */
public record OciSettings(
    int parallelBlobs,
    Duration silence,
    int attempts,
    Duration pause,
    Path dockerConfig,
    Map<String, String> environment,
    long spareBytes) {
  /** Checks the ranges. */
  public OciSettings {
    if (parallelBlobs < 1 || parallelBlobs > 16) {
      throw new IllegalArgumentException("1 to 16 blobs at once, not " + parallelBlobs);
    }
    if (attempts < 1 || attempts > 10) {
      throw new IllegalArgumentException("1 to 10 attempts, not " + attempts);
    }
    if (silence.isNegative() || silence.isZero()) {
      throw new IllegalArgumentException("the silence must be longer than nothing");
    }
    environment = Map.copyOf(environment);
  }

  /**
   * The defaults: 4 blobs at once, 60 seconds of silence, 4 attempts, 64 MiB that stay free.
   *
   * @param environment of the process: {@code DOCKER_CONFIG} names the directory of config.json,
   *     which is {@code .docker} in the home directory otherwise
   * @param home the home directory
   */
  public static OciSettings of(Map<String, String> environment, Path home) {
    String named = environment.getOrDefault("DOCKER_CONFIG", "");
    Path docker = named.isEmpty() ? home.resolve(".docker") : Path.of(named);
    return new OciSettings(
        4,
        Duration.ofSeconds(60),
        4,
        Duration.ofMillis(500),
        docker.resolve("config.json"),
        environment,
        64L << 20);
  }
}
