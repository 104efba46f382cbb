// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Finds the manifest of an image for {@link Platform#LINUX_AMD64}, through indexes. */
public final class ManifestResolver {
  // An index of indexes is allowed but nobody makes them deeper than two.
  private static final int DEEPEST = 4;
  private static final Set<String> INDEXES =
      Set.of(
          "application/vnd.oci.image.index.v1+json",
          "application/vnd.docker.distribution.manifest.list.v2+json");
  private static final Set<String> MANIFESTS =
      Set.of(
          "application/vnd.oci.image.manifest.v1+json",
          "application/vnd.docker.distribution.manifest.v2+json");

  private final String image;
  private final Function<Optional<Descriptor>, VerifiedManifest> source;

  /**
   * A manifest or an index whose bytes have the digest.
   *
   * @param mediaType what the registry calls it; empty when it does not say
   */
  public record VerifiedManifest(byte[] bytes, OciDigest digest, String mediaType) {}

  /**
   * @param source gives what the reference itself names, or what a descriptor does, verified
   */
  ManifestResolver(
      OciReference reference, Function<Optional<Descriptor>, VerifiedManifest> source) {
    this(reference.familiarName(), source);
  }

  /**
   * @param image what the image is called in messages
   * @param source gives the first manifest or index, or what a descriptor names, verified
   */
  public ManifestResolver(String image, Function<Optional<Descriptor>, VerifiedManifest> source) {
    this.image = image;
    this.source = source;
  }

  /**
   * Finds the manifest.
   *
   * @throws BangerException NOT_FOUND when there is none for the platform; OPERATION_FAILED when
   *     what the registry gives is not accepted
   */
  public ImageManifest resolve() {
    VerifiedManifest found = source.apply(Optional.empty());
    for (int depth = 0; depth <= DEEPEST; depth++) {
      String what = "the manifest " + found.digest().shortened() + " of " + image;
      Document document = Document.parse(found.bytes(), what);
      if (!isIndex(document, found.mediaType())) {
        return ImageManifest.of(document, found.digest());
      }
      found = source.apply(Optional.of(choose(document)));
    }
    throw new BangerException(
        ErrorCode.OPERATION_FAILED,
        "%s is an index of indexes of indexes, deeper than %d; it is not followed"
            .formatted(image, DEEPEST));
  }

  private static boolean isIndex(Document document, String sent) {
    boolean index = document.has("manifests");
    boolean manifest = document.has("config") || document.has("layers");
    if (index && manifest) {
      throw document.refused("content", "is an index and a manifest at once");
    }
    if (!index && !manifest) {
      throw document.refused(
          "content", "is neither a manifest nor an index; Docker's schema 1 is not supported");
    }
    String own = document.text("mediaType");
    String mediaType = own.isEmpty() ? sent : own;
    Set<String> known = index ? INDEXES : MANIFESTS;
    // Old OCI documents do not say their type, and registries may send them as plain JSON.
    boolean said = INDEXES.contains(mediaType) || MANIFESTS.contains(mediaType);
    if (!known.contains(mediaType) && (said || !own.isEmpty())) {
      throw document.refused("mediaType", Quoted.of(mediaType) + " does not fit its content");
    }
    return index;
  }

  /** The entry for the platform; the plainest variant of its processor first. */
  private Descriptor choose(Document index) {
    List<Document> entries = index.objects("manifests");
    Optional<Document> fitting =
        entries.stream()
            .filter(entry -> platform(entry).equals(Platform.LINUX_AMD64.toString()))
            .min(Comparator.comparing(entry -> entry.object("platform").text("variant")));
    Optional<Document> only =
        entries.size() == 1 && !entries.get(0).has("platform")
            ? Optional.of(entries.get(0))
            : Optional.empty();
    Optional<Document> nested =
        entries.stream()
            .filter(entry -> !entry.has("platform") && INDEXES.contains(entry.text("mediaType")))
            .findFirst();
    return fitting
        .or(() -> only)
        .or(() -> nested)
        .map(Document::descriptor)
        .orElseThrow(() -> noneFits(entries));
  }

  private BangerException noneFits(List<Document> entries) {
    List<String> offered =
        entries.stream().map(ManifestResolver::platform).distinct().limit(12).toList();
    return new BangerException(
        ErrorCode.NOT_FOUND,
        "%s has no image for %s, only for %s"
            .formatted(image, Platform.LINUX_AMD64, Quoted.plain(String.join(", ", offered))));
  }

  private static String platform(Document entry) {
    Document platform = entry.object("platform");
    return platform.text("os") + "/" + platform.text("architecture");
  }
}
