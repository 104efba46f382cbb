// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Documents that were bent are read or refused; nothing else comes out of them. */
class HostileDocumentsTest {
  private static final TestImage IMAGE = TestImage.of(10, 20);
  private static final byte[] MANIFEST = IMAGE.manifestBytes();
  private static final byte[] CONFIG = IMAGE.configBytes();
  private static final OciReference REFERENCE = OciReference.parse("name:tag");

  @Provide
  Arbitrary<String> pieces() {
    return Arbitraries.of(
        "",
        "null",
        "-1",
        "1e999",
        "9223372036854775808",
        "\"",
        "\"\"",
        "\"\\u0000\"",
        "[]",
        "[[",
        "{}",
        "{\"a\":",
        "true",
        ",",
        "\uFFFF",
        "sha256:",
        "\"\\ud800\"");
  }

  private static byte[] bent(byte[] document, int at, int removed, String piece) {
    int from = at % document.length;
    int to = Math.min(document.length, from + removed);
    String text =
        new String(document, 0, from, StandardCharsets.ISO_8859_1)
            + piece
            + new String(
                Arrays.copyOfRange(document, to, document.length), StandardCharsets.ISO_8859_1);
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Property(tries = 2000)
  void bent_manifests(
      @ForAll @IntRange(max = 5000) int at,
      @ForAll @IntRange(max = 80) int removed,
      @ForAll("pieces") String piece) {
    byte[] bytes = bent(MANIFEST, at, removed, piece);
    try {
      ImageManifest read = resolve(bytes);
      assertThat(read.layers()).hasSizeLessThanOrEqualTo(ImageManifest.MOST_LAYERS);
      assertThat(read.layers()).allMatch(layer -> layer.size() > 0);
    } catch (BangerException e) {
      assertThat(e.getMessage()).doesNotContain("\n", "\0");
    }
  }

  @Property(tries = 2000)
  void bent_configurations(
      @ForAll @IntRange(max = 5000) int at,
      @ForAll @IntRange(max = 80) int removed,
      @ForAll("pieces") String piece) {
    try {
      OciConfig read = OciConfig.parse(bent(CONFIG, at, removed, piece), "the configuration");
      assertThat(read.env()).noneMatch(text -> text.contains("\0"));
    } catch (BangerException e) {
      assertThat(e.getMessage()).doesNotContain("\n", "\0");
    }
  }

  private static ImageManifest resolve(byte[] bytes) {
    return new ManifestResolver(
            REFERENCE,
            wanted -> {
              if (wanted.isPresent()) {
                throw new BangerException(dev.banger.error.ErrorCode.NOT_FOUND, "no such entry");
              }
              return new ManifestResolver.VerifiedManifest(bytes, OciDigest.of(bytes), "");
            })
        .resolve();
  }

  @Test
  void straight_documents_are_read() {
    assertThat(resolve(MANIFEST).layers()).hasSize(2);
    assertThat(OciConfig.parse(CONFIG, "the configuration").created())
        .isNotEqualTo(Optional.empty());
  }

  @Test
  void documents_that_are_deep_are_refused() {
    byte[] deep = ("{\"a\":" + "[".repeat(1_000_000)).getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> resolve(deep)).isInstanceOf(BangerException.class);
  }
}
