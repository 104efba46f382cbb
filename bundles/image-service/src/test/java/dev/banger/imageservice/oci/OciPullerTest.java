// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.layers.Compression;
import dev.banger.operation.ProgressEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is pulled, and which manifests and configurations are accepted. */
class OciPullerTest {
  @TempDir Path directory;
  private FakeRegistry registry;
  private Pulls pulls;

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry();
    pulls = new Pulls(directory);
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  private OciImage pull() {
    return pulls.pull(registry.reference("name:tag"));
  }

  private static void refused(ErrorCode code, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(message);
  }

  @Test
  void describes_the_image_and_its_verified_layers() throws IOException {
    TestImage made = TestImage.of(1000, 300_000).push(registry, "name", "tag");

    OciImage image = pull();

    assertThat(image.reference()).isEqualTo(registry.reference("name:tag"));
    assertThat(image.manifestDigest()).isEqualTo(made.manifestDigest());
    assertThat(image.platform()).isEqualTo(Platform.LINUX_AMD64);
    OciConfig config = image.config();
    assertThat(config.created()).contains("2024-05-22T18:18:11Z");
    assertThat(config.env()).containsExactly("PATH=/bin", "A=b");
    assertThat(config.user()).isEqualTo("app:staff");
    assertThat(config.workingDir()).isEqualTo("/srv");
    assertThat(config.entrypoint()).containsExactly("/entry");
    assertThat(config.cmd()).containsExactly("a", "b c");
    assertThat(config.labels()).isEqualTo(Map.of("k", "v"));
    assertThat(image.layers()).hasSize(2);
    for (int i = 0; i < 2; i++) {
      OciLayer layer = image.layers().get(i);
      assertThat(layer.digest()).isEqualTo(made.layerDigest(i));
      assertThat(layer.diffId()).isEqualTo(config.diffIds().get(i));
      assertThat(layer.compression()).isEqualTo(Compression.GZIP);
      assertThat(layer.mediaType()).isEqualTo(TestImage.OCI_LAYER);
      assertThat(layer.size()).isEqualTo(made.layers.get(i).length);
      assertThat(layer.file()).hasBinaryContent(made.layers.get(i));
    }
  }

  @Test
  void only_the_owner_may_enter_the_cache() throws IOException {
    TestImage.of(10).push(registry, "name", "tag");
    pull();
    try (Stream<Path> files = Files.walk(directory.resolve("oci"))) {
      assertThat(files)
          .allSatisfy(
              file ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                      .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------"));
    }
  }

  @Test
  void reports_the_bytes_of_each_layer() {
    TestImage made = TestImage.of(400_000, 500_000).push(registry, "name", "tag");
    pull();
    for (int i = 0; i < 2; i++) {
      String message =
          "layer %s of %s"
              .formatted(made.layerDigest(i).shortened(), registry.reference("name:tag"));
      List<ProgressEvent> events =
          pulls.progress.stream().filter(e -> e.message().equals(message)).toList();
      assertThat(events).allMatch(e -> e.stage().equals("image_layer"));
      assertThat(events).extracting(ProgressEvent::done).isSorted();
      ProgressEvent last = events.get(events.size() - 1);
      assertThat(last.done()).isEqualTo(made.layers.get(i).length).isEqualTo(last.total());
    }
  }

  @Test
  void fetches_no_blob_twice() {
    TestImage made = TestImage.of(10, 20).push(registry, "name", "tag");
    pull();
    pull();
    for (int i = 0; i < 2; i++) {
      assertThat(registry.seen(FakeRegistry.blobPath("name", made.layerDigest(i)))).hasSize(1);
    }
  }

  @Test
  void a_layer_that_occurs_twice_is_fetched_once() {
    TestImage made = TestImage.of(10, 20);
    made.layerEntries.add(made.layerEntries.get(0));
    @SuppressWarnings("unchecked")
    Map<String, Object> rootfs = (Map<String, Object>) made.config.get("rootfs");
    @SuppressWarnings("unchecked")
    List<Object> diffIds = (List<Object>) rootfs.get("diff_ids");
    diffIds.add(diffIds.get(0));
    made.push(registry, "name", "tag");

    assertThat(pull().layers())
        .extracting(OciLayer::digest)
        .containsExactly(made.layerDigest(0), made.layerDigest(1), made.layerDigest(0));
    assertThat(registry.seen(FakeRegistry.blobPath("name", made.layerDigest(0)))).hasSize(1);
  }

  @Test
  void a_pinned_image_in_the_cache_needs_no_registry() {
    TestImage made = TestImage.of(10).push(registry, "name", "tag");
    OciReference pinned = registry.reference("name@" + made.manifestDigest());
    OciImage first = pulls.pull(pinned);
    registry.close();
    assertThat(pulls.pull(pinned)).isEqualTo(first);
    refused(ErrorCode.OPERATION_FAILED, "cannot reach the registry", this::pull);
  }

  @Test
  void a_layer_in_the_cache_is_no_manifest() {
    TestImage made = TestImage.of(5 << 20, 10).push(registry, "name", "tag");
    pull();
    for (int i = 0; i < 2; i++) {
      OciReference layer = registry.reference("name@" + made.layerDigest(i));
      assertThatThrownBy(() -> pulls.pull(layer)).isInstanceOf(BangerException.class);
    }
    assertThat(pull().layers()).hasSize(2);
  }

  @Test
  void an_image_may_have_no_layers() {
    TestImage.of().push(registry, "name", "tag");
    assertThat(pull().layers()).isEmpty();
  }

  // Indexes

  private void index(String mediaType, String tag, Map<String, Map<String, Object>> entries) {
    registry.manifest("name", tag, mediaType, TestImage.index(mediaType, entries));
  }

  private static Map<String, Object> entry(TestImage image) {
    return TestImage.descriptor(TestImage.OCI_MANIFEST, image.manifestBytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {TestImage.OCI_INDEX, TestImage.DOCKER_LIST})
  void an_index_leads_to_linux_amd64(String mediaType) {
    TestImage wanted = TestImage.of(10).push(registry, "name", "a");
    TestImage other = TestImage.of(11).push(registry, "name", "b");
    Map<String, Map<String, Object>> entries = new LinkedHashMap<>();
    entries.put("linux/arm64", entry(other));
    entries.put("unknown/unknown", entry(other));
    entries.put("linux/amd64/v3", entry(other));
    entries.put("linux/amd64", entry(wanted));
    index(mediaType, "tag", entries);
    assertThat(pull().manifestDigest()).isEqualTo(wanted.manifestDigest());
  }

  @Test
  void an_index_without_linux_amd64_names_what_it_has() {
    TestImage other = TestImage.of(11).push(registry, "name", "b");
    index(
        TestImage.OCI_INDEX,
        "tag",
        Map.of("linux/arm64", entry(other), "windows/amd64", entry(other)));
    refused(ErrorCode.NOT_FOUND, "linux/arm64", this::pull);
  }

  @Test
  void an_index_of_one_need_not_name_a_platform() {
    TestImage wanted = TestImage.of(10).push(registry, "name", "a");
    index(TestImage.OCI_INDEX, "tag", Map.of("", entry(wanted)));
    assertThat(pull().manifestDigest()).isEqualTo(wanted.manifestDigest());
  }

  private void nested(int depth) {
    Map<String, Object> next = entry(TestImage.of(10).push(registry, "name", "a"));
    for (int i = 0; i < depth; i++) {
      byte[] index = TestImage.index(TestImage.OCI_INDEX, Map.of("", next));
      registry.manifest("name", OciDigest.of(index).toString(), TestImage.OCI_INDEX, index);
      registry.manifest("name", "tag", TestImage.OCI_INDEX, index);
      next = TestImage.descriptor(TestImage.OCI_INDEX, index);
    }
  }

  @Test
  void indexes_may_be_nested_a_little() {
    nested(3);
    assertThat(pull().layers()).hasSize(1);
  }

  @Test
  void indexes_may_not_be_nested_without_end() {
    nested(6);
    refused(ErrorCode.OPERATION_FAILED, "index of indexes", this::pull);
  }

  @Test
  void an_index_that_leads_to_itself_is_refused() {
    OciDigest anything = OciDigest.of(new byte[] {1});
    Map<String, Object> self =
        TestImage.mapOf(
            "mediaType", TestImage.OCI_INDEX, "size", 10, "digest", anything.toString());
    byte[] index = TestImage.index(TestImage.OCI_INDEX, Map.of("", self));
    registry.manifest("name", "tag", TestImage.OCI_INDEX, index);
    registry.manifest("name", anything.toString(), TestImage.OCI_INDEX, index);
    refused(ErrorCode.OPERATION_FAILED, "it must be " + anything, this::pull);
    assertThat(registry.seen()).hasSizeLessThan(5);
  }

  @Test
  void an_entry_must_have_the_size_that_the_index_says() {
    TestImage made = TestImage.of(10).push(registry, "name", "a");
    Map<String, Object> lie = entry(made);
    lie.put("size", 7);
    index(TestImage.OCI_INDEX, "tag", Map.of("linux/amd64", lie));
    refused(ErrorCode.OPERATION_FAILED, "must be 7 bytes", this::pull);
  }

  // Manifests

  @Test
  void a_pin_holds_against_the_registry() {
    TestImage made = TestImage.of(10).push(registry, "name", "tag");
    TestImage other = TestImage.of(11).push(registry, "name", "other");
    String pin = "name@" + made.manifestDigest();
    registry.manifest(
        "name", made.manifestDigest().toString(), TestImage.OCI_MANIFEST, other.manifestBytes());
    refused(
        ErrorCode.OPERATION_FAILED,
        "must be " + made.manifestDigest(),
        () -> pulls.pull(registry.reference(pin)));
    made.push(registry, "name", "tag");
    assertThat(pulls.pull(registry.reference(pin)).manifestDigest())
        .isEqualTo(made.manifestDigest());
  }

  @Test
  void a_manifest_must_have_the_digest_that_the_registry_gives_for_it() {
    TestImage.of(10).push(registry, "name", "tag");
    String path = "/v2/name/manifests/tag";
    registry.on(
        path,
        exchange -> {
          exchange
              .getResponseHeaders()
              .set("Docker-Content-Digest", OciDigest.of(new byte[0]).toString());
          registry.serve(exchange);
        });
    refused(ErrorCode.OPERATION_FAILED, "it must be sha256:e3b0c442", this::pull);
    registry.heal(path);
    assertThat(pull().layers()).hasSize(1);
  }

  private void fill(TestImage image, int bytes) {
    image.manifest.put("annotations", Map.of("x", "y".repeat(bytes)));
    image.push(registry, "name", "tag");
  }

  @Test
  void a_manifest_may_be_large() {
    fill(TestImage.of(10), (4 << 20) - 2000);
    assertThat(pull().layers()).hasSize(1);
  }

  @Test
  void a_huge_manifest_is_refused() {
    fill(TestImage.of(10), 4 << 20);
    refused(ErrorCode.OPERATION_FAILED, "larger than 4194304 bytes", this::pull);
  }

  @Test
  void a_manifest_without_end_is_refused() {
    byte[] spaces = " ".repeat(1 << 16).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    registry.on(
        "/v2/name/manifests/tag",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          for (int i = 0; i < 10_000; i++) {
            exchange.getResponseBody().write(spaces);
          }
        });
    refused(ErrorCode.OPERATION_FAILED, "larger than 4194304 bytes", this::pull);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "{} {}",
        "{\"schemaVersion\":2,\"schemaVersion\":2}",
        "{\"schemaVersion\":1,\"fsLayers\":[]}",
        "{\"schemaVersion\":2,\"config\":{},\"manifests\":[]}",
        "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}",
        "{\"schemaVersion\":2,\"config\":7,\"layers\":[]}",
        "{\"schemaVersion\":2,\"manifests\":{}}",
        "{\"schemaVersion\":2,\"manifests\":[7]}",
        "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"manifests\":[]}",
      })
  void what_is_no_manifest_is_refused(String json) {
    registry.manifest(
        "name", "tag", "application/json", json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    refused(ErrorCode.OPERATION_FAILED, "the manifest sha256:", this::pull);
  }

  @Test
  void fields_that_are_not_known_are_no_obstacle() {
    TestImage made = TestImage.of(10);
    made.layerEntries.get(0).put("artifactType", "x/y");
    made.layerEntries.get(0).put("data", "AA==");
    made.manifest.put("subject", Map.of("a", 1));
    made.push(registry, "name", "tag");
    assertThat(pull().layers()).hasSize(1);
  }

  @Test
  void a_manifest_need_not_say_its_type() {
    TestImage made = TestImage.of(10);
    made.manifest.remove("mediaType");
    made.push(registry, "name", "tag");
    registry.manifest("name", "tag", "application/json", made.manifestBytes());
    assertThat(pull().layers()).hasSize(1);
  }

  @Test
  void what_is_no_container_image_is_refused() {
    TestImage made = TestImage.of(10);
    made.manifest.put(
        "config",
        TestImage.descriptor("application/vnd.cncf.helm.config.v1+json", made.configBytes()));
    made.push(registry, "name", "tag");
    refused(ErrorCode.OPERATION_FAILED, "no container image but", this::pull);
  }

  @Test
  void an_image_may_have_127_layers_and_no_more() {
    TestImage.of(new int[127]).push(registry, "name", "tag");
    assertThat(pull().layers()).hasSize(127);
    TestImage.of(new int[128]).push(registry, "name", "tag");
    refused(ErrorCode.OPERATION_FAILED, "128, more than 127", this::pull);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
      })
  void what_a_layer_is_counts_more_than_what_it_is_called(String mediaType) {
    TestImage made = TestImage.of(10);
    made.layerEntries.get(0).put("mediaType", mediaType);
    made.push(registry, "name", "tag");
    assertThat(pull().layers())
        .singleElement()
        .satisfies(layer -> assertThat(layer.compression()).isEqualTo(Compression.GZIP))
        .satisfies(layer -> assertThat(layer.mediaType()).isEqualTo(mediaType));
  }

  private static TestImage withLayer(String mediaType, byte[] layer) {
    TestImage made = TestImage.of(10);
    made.layers.set(0, layer);
    made.layerEntries.set(0, TestImage.descriptor(mediaType, layer));
    return made;
  }

  @Test
  void a_layer_that_is_called_packed_must_be_something_known() {
    byte[] tar = new byte[1024];
    System.arraycopy("ustar".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, tar, 257, 5);
    withLayer(TestImage.OCI_LAYER, tar).push(registry, "name", "tag");
    assertThat(pull().layers().get(0).compression()).isEqualTo(Compression.NONE);

    withLayer(TestImage.OCI_LAYER, new byte[1024]).push(registry, "name", "tag");
    assertThat(pull().layers().get(0).compression()).isEqualTo(Compression.NONE);

    byte[] zstd = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, 0};
    withLayer(TestImage.OCI_LAYER, zstd).push(registry, "name", "tag");
    assertThat(pull().layers().get(0).compression()).isEqualTo(Compression.ZSTD);

    withLayer(TestImage.OCI_LAYER, new byte[] {1, 2, 3}).push(registry, "name", "tag");
    refused(ErrorCode.OPERATION_FAILED, "neither gzip nor zstd nor tar", this::pull);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip | not distributable",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip | not distributable",
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted | encrypted",
        "application/x-something | not supported",
        " | not supported",
      })
  void layers_that_cannot_be_used_are_refused_before_anything_is_fetched(String row) {
    String[] parts = row.split(" ?\\| ", 2);
    TestImage made = TestImage.of(10);
    made.layerEntries.get(0).put("mediaType", parts[0]);
    made.push(registry, "name", "tag");
    refused(ErrorCode.OPERATION_FAILED, parts[1], this::pull);
    assertThat(registry.seen(FakeRegistry.blobPath("name", made.layerDigest(0)))).isEmpty();
  }

  @Test
  void layers_without_a_plausible_size_are_refused() {
    for (Object size : new Object[] {-1, 0, "7", 1.5, Map.of()}) {
      TestImage made = TestImage.of(10);
      made.layerEntries.get(0).put("size", size);
      made.push(registry, "name", "tag");
      refused(ErrorCode.OPERATION_FAILED, "is not accepted", this::pull);
    }
    TestImage made = TestImage.of(10, 20);
    made.layerEntries.forEach(layer -> layer.put("size", Long.MAX_VALUE));
    made.push(registry, "name", "tag");
    refused(ErrorCode.OPERATION_FAILED, "larger than any disk", this::pull);
  }

  @Test
  void other_digests_than_sha256_are_refused() {
    TestImage made = TestImage.of(10);
    made.layerEntries.get(0).put("digest", "sha512:" + "0".repeat(128));
    made.push(registry, "name", "tag");
    refused(ErrorCode.OPERATION_FAILED, "no SHA-256", this::pull);
  }

  // Configurations

  @Test
  void an_image_for_another_platform_is_refused() {
    TestImage made = TestImage.of(10);
    made.config.put("architecture", "arm64");
    made.push(registry, "name", "tag");
    refused(ErrorCode.NOT_FOUND, "linux/arm64, not for linux/amd64", this::pull);
  }

  @Test
  void there_is_a_diff_id_for_each_layer() {
    TestImage made = TestImage.of(10, 20);
    made.config.put("rootfs", TestImage.of(10).config.get("rootfs"));
    made.push(registry, "name", "tag");
    refused(ErrorCode.OPERATION_FAILED, "names 1 layers where the manifest has 2", this::pull);
  }

  @Test
  void a_configuration_may_be_bare() {
    TestImage made = TestImage.of(10);
    made.config.remove("config");
    made.config.remove("created");
    made.push(registry, "name", "tag");
    OciConfig config = pull().config();
    assertThat(config.created()).isEmpty();
    assertThat(config.cmd()).isEmpty();
    assertThat(config.labels()).isEmpty();
    assertThat(config.user()).isEmpty();
  }

  @Test
  void a_configuration_holds_texts_only() {
    for (Object env : new Object[] {7, "A=b", List.of(1), List.of("A=\0b")}) {
      TestImage made = TestImage.of(10);
      made.config.put("config", TestImage.mapOf("Env", env));
      made.push(registry, "name", "tag");
      refused(ErrorCode.OPERATION_FAILED, "its Env", this::pull);
    }
  }

  @Test
  void a_huge_configuration_is_refused_before_it_is_fetched() {
    TestImage made = TestImage.of(10);
    Map<String, Object> config = TestImage.descriptor(TestImage.OCI_CONFIG, made.configBytes());
    config.put("size", (8 << 20) + 1);
    made.manifest.put("config", config);
    made.push(registry, "name", "tag");
    refused(ErrorCode.OPERATION_FAILED, "larger than 8388608 bytes", this::pull);
  }

  @Test
  void a_configuration_must_have_its_digest() {
    TestImage made = TestImage.of(10).push(registry, "name", "tag");
    byte[] other = made.configBytes().clone();
    other[other.length - 2] ^= 1;
    OciDigest digest = OciDigest.of(made.configBytes());
    registry.blob("name", digest, other);
    refused(ErrorCode.OPERATION_FAILED, "what came for " + digest, this::pull);
    assertThat(pulls.complete()).doesNotContain(digest);
  }

  // Space

  @Test
  void free_space_is_asked_for_before_layers_are_fetched() {
    TestImage made = TestImage.of(10).push(registry, "name", "tag");
    pulls.spare(Long.MAX_VALUE / 2);
    refused(ErrorCode.NO_SPACE, "MiB are free", this::pull);
    assertThat(registry.seen(FakeRegistry.blobPath("name", made.layerDigest(0)))).isEmpty();
    pulls.spare(0);
    pull();
    pulls.spare(Long.MAX_VALUE / 2);
    assertThat(pull().layers()).hasSize(1);
  }
}
