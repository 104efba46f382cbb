// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.registry.RegistryAliasGroup;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.Locale;
import java.util.Optional;

/**
 * Names an image in a registry, as people and Docker write it: {@code alpine}, {@code
 * ghcr.io/owner/name:tag}, {@code localhost:5000/name@sha256:…}.
 *
 * @param registry host, with port when one was given; {@code docker.io} for Docker Hub, by
 *     whichever of its names
 * @param repository the name within the registry; on Docker Hub with {@code library/} when the
 *     person gave one word
 * @param tag the tag; {@code latest} when neither tag nor digest was given
 * @param digest what the manifest must have, when the reference is pinned; wins over the tag
 */
public record OciReference(
    String registry, String repository, Optional<String> tag, Optional<OciDigest> digest) {
  // A name of 255, a tag of 128 and a digest of 71 characters with their separators: the bounds of
  // the OCI distribution specification.
  private static final int LONGEST = 456;
  private static final int LONGEST_NAME = 255;
  private static final int LONGEST_DEFAULT_NAME = 64;
  private static final String DOCKER_HUB = "docker.io";
  private static final String LATEST = "latest";

  /**
   * Reads a reference.
   *
   * @throws BangerException BAD_REQUEST, naming the part that is wrong
   */
  public static OciReference parse(String text) {
    if (text == null || text.isBlank()) {
      throw refused("an image reference is required, such as docker.io/library/alpine:3.20");
    }
    if (text.length() > LONGEST) {
      throw refused("the image reference is longer than " + LONGEST + " characters");
    }
    if (text.contains("://")) {
      throw refused(
          "the image reference %s begins with a scheme; leave out everything up to \"://\""
              .formatted(Quoted.of(text)));
    }
    int at = text.indexOf('@');
    Optional<OciDigest> digest =
        at < 0 ? Optional.empty() : Optional.of(digest(text, text.substring(at + 1)));
    String named = at < 0 ? text : text.substring(0, at);
    int colon = named.indexOf(':', named.lastIndexOf('/') + 1);
    Optional<String> tag =
        colon < 0 ? Optional.empty() : Optional.of(tag(text, named.substring(colon + 1)));
    return of(text, colon < 0 ? named : named.substring(0, colon), tag, digest);
  }

  private static OciReference of(
      String text, String name, Optional<String> tag, Optional<OciDigest> digest) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    boolean hasRegistry =
        first.contains(".") || first.contains(":") || first.equals("localhost") || slash == 0;
    String registry = hasRegistry ? registry(text, first) : DOCKER_HUB;
    String repository = repository(text, hasRegistry ? name.substring(slash + 1) : name);
    if (registry.equals(DOCKER_HUB) && !repository.contains("/")) {
      repository = "library/" + repository;
    }
    boolean latest = tag.isEmpty() && digest.isEmpty();
    return new OciReference(registry, repository, latest ? Optional.of(LATEST) : tag, digest);
  }

  private static String registry(String text, String registry) {
    if (registry.startsWith("[")) {
      throw refused(
          part(text, "registry", registry) + "IPv6 addresses are not supported; give it a name");
    }
    if (!ImageReference.isValidRegistry(registry)) {
      throw refused(part(text, "registry", registry) + "it is a host name, or host:port");
    }
    int colon = registry.indexOf(':');
    if (colon >= 0 && !isPort(registry.substring(colon + 1))) {
      throw refused(part(text, "registry", registry) + "its port is 1 to 65535");
    }
    String host = registry.toLowerCase(Locale.ROOT);
    return RegistryAliasGroup.getAliasesGroup(host).contains(DOCKER_HUB) ? DOCKER_HUB : host;
  }

  private static boolean isPort(String digits) {
    return digits.length() <= 5
        && Integer.parseInt(digits) >= 1
        && Integer.parseInt(digits) <= 65535;
  }

  private static String repository(String text, String repository) {
    if (repository.equals("scratch")) {
      throw refused("\"scratch\" is Docker's word for no image at all; name an image");
    }
    if (repository.length() > LONGEST_NAME) {
      throw refused(
          part(text, "repository", repository) + "it has at most " + LONGEST_NAME + " characters");
    }
    if (!ImageReference.isValidRepository(repository)) {
      throw refused(
          part(text, "repository", repository)
              + "lower-case letters and digits, separated by '.', '_', '__', '-' or '/'");
    }
    return repository;
  }

  private static String tag(String text, String tag) {
    if (!ImageReference.isValidTag(tag)) {
      throw refused(
          part(text, "tag", tag)
              + "letters, digits, '_', '.' and '-', the first neither '.' nor '-', 1 to 128");
    }
    return tag;
  }

  private static OciDigest digest(String text, String digest) {
    return OciDigest.parse(digest)
        .orElseThrow(
            () ->
                refused(part(text, "digest", digest) + "\"sha256:\" and 64 characters of 0-9a-f"));
  }

  private static String part(String text, String part, String value) {
    return "the %s %s of the image reference %s is not allowed: "
        .formatted(part, Quoted.of(value), Quoted.of(text));
  }

  private static BangerException refused(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }

  /** The host, with port when one was given, that serves the registry. */
  public String server() {
    return RegistryAliasGroup.getHost(registry);
  }

  /** What is asked of the registry: the digest when the reference is pinned, else the tag. */
  public String qualifier() {
    return digest.map(OciDigest::toString).or(() -> tag).orElseThrow();
  }

  /** The name of an image pulled without a name of its own: {@code alpine-3.20}. */
  public String defaultName() {
    String last = repository.substring(repository.lastIndexOf('/') + 1);
    String version = tag.orElseGet(() -> digest.orElseThrow().hex().substring(0, 12));
    String name = (last + "-" + version).toLowerCase(Locale.ROOT);
    return name.length() <= LONGEST_DEFAULT_NAME ? name : name.substring(0, LONGEST_DEFAULT_NAME);
  }

  /** The reference as a person would write it: {@code alpine:3.20}. */
  public String familiarName() {
    String full = toString();
    String hub = DOCKER_HUB + "/";
    if (!full.startsWith(hub)) {
      return full;
    }
    String library = hub + "library/";
    return full.substring(full.startsWith(library) ? library.length() : hub.length());
  }

  /** The reference in full: {@code docker.io/library/alpine:3.20}. */
  @Override
  public String toString() {
    return registry
        + "/"
        + repository
        + tag.map(t -> ":" + t).orElse("")
        + digest.map(d -> "@" + d).orElse("");
  }
}
