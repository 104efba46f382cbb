// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OciReferenceTest {
  private static final String HEX =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

  @ParameterizedTest
  @CsvSource({
    "alpine,                           docker.io/library/alpine:latest",
    "alpine:3.20,                      docker.io/library/alpine:3.20",
    "docker.io/alpine,                 docker.io/library/alpine:latest",
    "index.docker.io/library/alpine,   docker.io/library/alpine:latest",
    "registry-1.docker.io/a/b:c,       docker.io/a/b:c",
    "grafana/grafana,                  docker.io/grafana/grafana:latest",
    "ghcr.io/owner/name:1_2-x,         ghcr.io/owner/name:1_2-x",
    "localhost/name,                   localhost/name:latest",
    "localhost:5000/a/b/c,             localhost:5000/a/b/c:latest",
    "127.0.0.1:5000/name:tag,          127.0.0.1:5000/name:tag",
    "Registry.Example/name,            registry.example/name:latest",
    "host:1/a__b-c.d_e,                host:1/a__b-c.d_e:latest",
  })
  void fills_in_what_a_person_leaves_out(String text, String full) {
    assertThat(OciReference.parse(text)).hasToString(full);
    assertThat(OciReference.parse(full)).isEqualTo(OciReference.parse(text));
  }

  @Test
  void a_digest_pins_the_reference_with_or_without_a_tag() {
    OciReference bare = OciReference.parse("quay.io/x/y@sha256:" + HEX);
    OciReference tagged = OciReference.parse("quay.io/x/y:1@sha256:" + HEX);
    assertThat(bare.tag()).isEmpty();
    assertThat(bare.qualifier()).isEqualTo("sha256:" + HEX);
    assertThat(tagged.tag()).contains("1");
    assertThat(tagged.qualifier()).isEqualTo("sha256:" + HEX);
    assertThat(tagged).hasToString("quay.io/x/y:1@sha256:" + HEX);
  }

  @Test
  void docker_hub_is_served_by_another_host_than_its_name() {
    assertThat(OciReference.parse("alpine").server()).isEqualTo("registry-1.docker.io");
    assertThat(OciReference.parse("quay.io/a").server()).isEqualTo("quay.io");
  }

  @ParameterizedTest
  @CsvSource({
    "docker.io/library/alpine:3.20,    alpine-3.20,        alpine:3.20",
    "alpine,                           alpine-latest,      alpine:latest",
    "grafana/grafana:11.0.0,           grafana-11.0.0,     grafana/grafana:11.0.0",
    "ghcr.io/o/n/deep:V1,              deep-v1,            ghcr.io/o/n/deep:V1",
    "localhost:5000/a@sha256:" + HEX + ", a-0123456789ab, localhost:5000/a@sha256:" + HEX,
  })
  void has_a_name_for_the_image_and_one_for_people(String text, String name, String familiar) {
    assertThat(OciReference.parse(text).defaultName()).isEqualTo(name);
    assertThat(OciReference.parse(text).familiarName()).isEqualTo(familiar);
  }

  @Property(tries = 300)
  void every_default_name_is_a_valid_image_name(@ForAll("references") String text) {
    assertThat(OciReference.parse(text).defaultName()).matches("[a-z0-9][a-z0-9._-]{0,63}");
  }

  @Property(tries = 300)
  void what_is_written_reads_back(@ForAll("references") String text) {
    OciReference reference = OciReference.parse(text);
    assertThat(OciReference.parse(reference.toString())).isEqualTo(reference);
    assertThat(OciReference.parse(reference.familiarName())).isEqualTo(reference);
  }

  @Provide
  Arbitrary<String> references() {
    Arbitrary<String> word =
        Arbitraries.strings().withCharRange('a', 'z').numeric().ofMinLength(1).ofMaxLength(20);
    Arbitrary<String> path =
        Combinators.combine(
                word.list().ofMinSize(1).ofMaxSize(4), Arbitraries.of(".", "_", "__", "-", "---"))
            .as(
                (words, separator) ->
                    words.size() < 3
                        ? String.join("/", words)
                        : String.join("/", words) + separator + "x");
    Arbitrary<String> registry =
        Arbitraries.of("", "docker.io/", "ghcr.io/", "localhost/", "h:5000/");
    Arbitrary<String> tag =
        Arbitraries.strings()
            .withCharRange('A', 'Z')
            .withCharRange('a', 'z')
            .withChars("_.-")
            .numeric()
            .ofMaxLength(127)
            .map(rest -> ":_" + rest);
    Arbitrary<String> digest = Arbitraries.of("", "@sha256:" + HEX);
    return Combinators.combine(registry, path, tag.injectNull(0.3), digest)
        .as((r, p, t, d) -> r + p + (t == null ? "" : t) + d);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                      | required",
        "'   '                   | required",
        "https://docker.io/x     | scheme",
        "docker://alpine         | scheme",
        "Alpine                  | the repository \"Alpine\"",
        "Foo/bar                 | the repository \"Foo/bar\"",
        "a//b                    | the repository \"a//b\"",
        "a/../b                  | the repository \"a/../b\"",
        "/a                      | the registry \"\"",
        "a/                      | the repository \"a/\"",
        "ghcr.io/                | the repository \"\"",
        "'a b'                   | the repository \"a b\"",
        "a:                      | the tag \"\"",
        "a:-x                    | the tag \"-x\"",
        "a:b:c                   | the tag \"b:c\"",
        "h:99999/a               | port",
        "h:0/a                   | port",
        "h:x/a                   | the registry \"h:x\"",
        "-h.example/a            | the registry \"-h.example\"",
        "[::1]:5000/a            | IPv6",
        "a@sha256:12             | the digest \"sha256:12\"",
        "a@md5:0123              | the digest \"md5:0123\"",
        "a@                      | the digest \"\"",
        "scratch                 | no image at all",
      })
  void refuses_what_is_no_reference_and_names_the_part(String text, String part) {
    assertThatThrownBy(() -> OciReference.parse(text))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST))
        .hasMessageContaining(part);
  }

  @Test
  void refuses_endless_references_and_keeps_messages_on_one_line() {
    assertThatThrownBy(() -> OciReference.parse("a".repeat(100_000)))
        .hasMessageContaining("longer than");
    assertThatThrownBy(() -> OciReference.parse("a\n\u001b[31mb"))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "\u001b"));
    assertThat(OciReference.parse("a".repeat(200)).repository()).endsWith("a");
  }
}
