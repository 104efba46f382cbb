// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.layers.Compression;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * Pulls images from registries into the cache.
 *
 * <p>Proxies: those of Java's properties ({@code https.proxyHost} and its kin) when one is set,
 * else {@code https_proxy}, {@code http_proxy}, {@code all_proxy} and {@code no_proxy} of the
 * environment; proxies that ask for a password are not supported. Safe for use by many threads.
 */
public final class OciPuller {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(15);
  private static final String STAGE = "image_pull";

  private final BlobCache cache;
  private final OciSettings settings;
  private final Attempts attempts;
  private final RegistryHttp http;

  /** A puller that trusts the certificates that Java trusts. */
  public OciPuller(BlobCache cache, OciSettings settings) {
    this(cache, settings, HttpClient.newBuilder());
  }

  /** A puller that trusts what a context does. */
  OciPuller(BlobCache cache, OciSettings settings, SSLContext trust) {
    this(cache, settings, HttpClient.newBuilder().sslContext(trust));
  }

  private OciPuller(BlobCache cache, OciSettings settings, HttpClient.Builder client) {
    this.cache = cache;
    this.settings = settings;
    this.attempts = new Attempts(settings.attempts(), settings.pause());
    this.http =
        new RegistryHttp(
            client
                .version(HttpClient.Version.HTTP_1_1) // parallel blobs get a connection each
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT_LIMIT)
                .proxy(EnvironmentProxies.select(System::getProperty, settings.environment()))
                .build(),
            settings.silence());
  }

  /**
   * Pulls an image for linux/amd64. Blobs that are in the cache are not fetched again, downloads
   * that were broken off go on; a pinned image that is in the cache as a whole needs no registry.
   * The layers may be pruned once it returns, unless the caller has a {@link BlobCache#hold}.
   *
   * @param insecure whether the registry may be spoken to without TLS; one on this host always may.
   *     Certificates that are not trusted are refused either way
   * @throws BangerException NOT_FOUND; UNAUTHORIZED; UNAVAILABLE when the registry asks to wait or
   *     fails; NO_SPACE; CANCELLED; DEADLINE_EXCEEDED, also when the registry falls silent;
   *     OPERATION_FAILED when it cannot be reached or what it gives is not accepted
   */
  public OciImage pull(OciReference reference, boolean insecure, Operation operation) {
    operation.check();
    operation.progress().stage(STAGE, "asking for " + reference);
    Supplier<RegistrySession> session = session(reference, insecure, operation);
    ImageManifest manifest =
        new ManifestResolver(reference, wanted -> verified(reference, wanted, session, operation))
            .resolve();
    BlobFetch fetch = new BlobFetch(reference, cache, session, attempts);
    OciConfig config = config(reference, manifest, fetch, operation);
    return new OciImage(
        reference,
        manifest.digest(),
        config.platform(),
        config,
        layers(reference, manifest, config, fetch, operation));
  }

  /** The conversation with the registry, which begins when something is missing here. */
  private Supplier<RegistrySession> session(
      OciReference reference, boolean insecure, Operation operation) {
    return new Supplier<>() {
      private RegistrySession open;

      @Override
      public synchronized RegistrySession get() {
        if (open == null) {
          open =
              new RegistrySession(
                  reference,
                  new Reach(reference.server(), insecure),
                  http,
                  attempts,
                  new DockerCredentials(settings.dockerConfig()),
                  operation);
        }
        return open;
      }
    };
  }

  private ManifestResolver.VerifiedManifest verified(
      OciReference reference,
      Optional<Descriptor> wanted,
      Supplier<RegistrySession> session,
      Operation operation) {
    Optional<OciDigest> digest = wanted.map(Descriptor::digest).or(reference::digest);
    ManifestResolver.VerifiedManifest found =
        digest
            .flatMap(known -> cache.read(known, RegistryTransport.LARGEST_MANIFEST, operation))
            .map(bytes -> new ManifestResolver.VerifiedManifest(bytes, digest.get(), ""))
            .orElseGet(() -> asked(reference, wanted, digest, session.get()));
    if (wanted.isPresent() && wanted.get().size() != found.bytes().length) {
      throw notAsNamed(
          reference,
          "the manifest " + found.digest(),
          found.bytes().length + " bytes",
          wanted.get().size() + " bytes");
    }
    cache.put(found.digest(), found.bytes(), operation);
    return found;
  }

  private static ManifestResolver.VerifiedManifest asked(
      OciReference reference,
      Optional<Descriptor> wanted,
      Optional<OciDigest> digest,
      RegistrySession session) {
    if (wanted.isPresent() && wanted.get().size() > RegistryTransport.LARGEST_MANIFEST) {
      throw notAsNamed(
          reference,
          "the manifest " + wanted.get().digest(),
          wanted.get().size() + " bytes",
          "at most " + RegistryTransport.LARGEST_MANIFEST);
    }
    HttpResponse<byte[]> answer =
        session.manifest(digest.map(OciDigest::toString).orElseGet(reference::qualifier));
    OciDigest own = OciDigest.of(answer.body());
    String named =
        digest
            .map(OciDigest::toString)
            .or(() -> answer.headers().firstValue("Docker-Content-Digest"))
            .orElse(own.toString());
    if (!named.equals(own.toString())) {
      throw notAsNamed(reference, "the manifest", own.toString(), Quoted.plain(named));
    }
    return new ManifestResolver.VerifiedManifest(
        answer.body(), own, answer.headers().firstValue("Content-Type").orElse(""));
  }

  private static BangerException notAsNamed(
      OciReference reference, String what, String found, String named) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the registry %s gives %s of %s as %s, but it must be %s; it is not accepted"
            .formatted(reference.registry(), what, reference, found, named));
  }

  private OciConfig config(
      OciReference reference, ImageManifest manifest, BlobFetch fetch, Operation operation) {
    Path file = fetch.fetch(manifest.config(), "configuration", operation);
    String what = "the configuration of " + reference.familiarName();
    OciConfig config;
    try {
      config = OciConfig.parse(Files.readAllBytes(file), what);
    } catch (IOException e) {
      throw StorageFailure.of("read the image cache", e);
    }
    if (!config.platform().equals(Platform.LINUX_AMD64)) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "%s is an image for %s, not for %s"
              .formatted(
                  reference, Quoted.plain(config.platform().toString()), Platform.LINUX_AMD64));
    }
    if (config.diffIds().size() != manifest.layers().size()) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "%s is not accepted: it names %d layers where the manifest has %d"
              .formatted(what, config.diffIds().size(), manifest.layers().size()));
    }
    return config;
  }

  private List<OciLayer> layers(
      OciReference reference,
      ImageManifest manifest,
      OciConfig config,
      BlobFetch fetch,
      Operation operation) {
    Map<String, Descriptor> distinct = new TreeMap<>();
    for (Descriptor layer : manifest.layers()) {
      Descriptor same = distinct.putIfAbsent(layer.digest().hex(), layer);
      if (same != null && same.size() != layer.size()) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED,
            "%s is not accepted: it gives layer %s two sizes".formatted(reference, layer.digest()));
      }
    }
    checkSpace(reference, List.copyOf(distinct.values()));
    List<Descriptor> inOrder = manifest.layers().stream().distinct().toList();
    new ParallelWork(settings.parallelBlobs())
        .run(inOrder, (layer, part) -> fetch.fetch(layer, "layer", part), operation);
    List<OciLayer> layers = new ArrayList<>();
    for (int i = 0; i < manifest.layers().size(); i++) {
      layers.add(layer(manifest.layers().get(i), config.diffIds().get(i), reference));
    }
    return layers;
  }

  private void checkSpace(OciReference reference, List<Descriptor> layers) {
    long missing = 0;
    for (Descriptor layer : layers) {
      if (cache.find(layer.digest(), layer.size()).isEmpty()) {
        missing += Math.max(0, layer.size() - cache.begun(layer.digest()));
      }
    }
    long free = cache.freeBytes();
    if (missing > 0 && missing > free - settings.spareBytes()) {
      throw new BangerException(
          ErrorCode.NO_SPACE,
          "%s needs %d MiB more in the image cache, where %d MiB are free; free some, for example with 'banger image cache prune'"
              .formatted(reference, (missing >> 20) + 1, free >> 20));
    }
  }

  private OciLayer layer(Descriptor layer, OciDigest diffId, OciReference reference) {
    Path file = cache.file(layer.digest());
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(LayerFormat.HEAD);
    } catch (IOException e) {
      throw StorageFailure.of("read the image cache", e);
    }
    Compression compression =
        LayerFormat.of(
            head,
            layer.mediaType(),
            "layer %s of %s".formatted(layer.digest().shortened(), reference.familiarName()));
    return new OciLayer(layer.digest(), diffId, layer.mediaType(), compression, layer.size(), file);
  }
}
