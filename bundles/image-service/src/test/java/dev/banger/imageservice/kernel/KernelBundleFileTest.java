// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.imageservice.TestJson;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bundles as we write them are read; whatever else they hold is refused. */
class KernelBundleFileTest {
  private static final byte[] VMLINUX = KernelSamples.vmlinux();
  private static final byte[] MODULE = KernelSamples.module("virtio");

  @TempDir Path home;
  private final TestJson json = new TestJson();
  private final KernelBundleFile bundles = new KernelBundleFile(json);
  private final Operation operation = Operation.background();
  private Path bundle;

  @BeforeEach
  void name() {
    bundle = home.resolve("k.tar.zst");
  }

  @Test
  void what_is_written_is_read_and_is_the_same_each_time() throws IOException {
    StoredKernel kernel = stored();

    bundles.write(kernel, bundle, operation);
    bundles.write(kernel, home.resolve("again"), operation);

    assertThat(home.resolve("again")).hasSameBinaryContentAs(bundle);
    Path directory = Files.createDirectory(home.resolve("out"));
    KernelBundleManifest manifest = bundles.unpack(bundle, directory, operation);
    assertThat(manifest.name()).isEqualTo("mine");
    assertThat(manifest.acpi()).isFalse();
    assertThat(KernelBundleFile.moduleNames(manifest)).containsExactly("virtio.ko");
    assertThat(StoredKernels.entries(directory)).containsExactly("modules", "vmlinux");
    assertThat(directory.resolve("vmlinux")).hasBinaryContent(VMLINUX);
    assertThat(directory.resolve("modules/virtio.ko")).hasBinaryContent(MODULE);
  }

  @Test
  void an_archive_of_the_right_form_made_otherwise_is_read() throws IOException {
    write(all());

    assertThat(unpack().version()).isEqualTo("6.1");
  }

  @Test
  void a_kernel_without_modules_is_read() throws IOException {
    write(List.of(file("vmlinux", VMLINUX), file("manifest.json", manifest(text -> text, false))));

    assertThat(unpack().modules()).isEmpty();
  }

  @Test
  void names_that_a_bundle_must_not_hold_are_refused_and_nothing_is_written_there() {
    for (String name :
        List.of(
            "/etc/passwd",
            "../escape",
            "modules/../../escape.ko",
            "modules/sub/x.ko",
            "modules/x.ko.xz",
            "modules/x",
            "modules/a\nb.ko",
            "./vmlinux2",
            "./vmlinux",
            "extra",
            "busybox",
            "modules")) {
      assertUnsound("which a bundle must not", with(file(name, MODULE)));
    }
    assertThat(home.resolve("escape")).doesNotExist();
    assertThat(home.resolve("escape.ko")).doesNotExist();
  }

  @Test
  void links_devices_and_the_like_are_refused_under_every_name() {
    for (byte type :
        new byte[] {
          TarConstants.LF_SYMLINK,
          TarConstants.LF_LINK,
          TarConstants.LF_CHR,
          TarConstants.LF_BLK,
          TarConstants.LF_FIFO,
          TarConstants.LF_CONTIG
        }) {
      for (String name : List.of("vmlinux", "modules/x.ko", "modules/")) {
        TarArchiveEntry entry = new TarArchiveEntry(name, type);
        entry.setLinkName("/etc/passwd");
        assertUnsound("which a bundle must not", List.of(new Entry(entry, new byte[0])));
      }
    }
  }

  @Test
  void a_file_that_comes_twice_is_refused() {
    assertUnsound("twice", with(file("vmlinux", VMLINUX)));
    assertUnsound("twice", with(file("manifest.json", new byte[0])));
  }

  @Test
  void what_the_manifest_does_not_say_is_refused() {
    assertUnsound("does not name modules/x.ko", with(file("modules/x.ko", MODULE)));
    assertUnsound("it holds no modules/virtio.ko", without("modules/virtio.ko"));
    assertUnsound("it holds no vmlinux", without("vmlinux"));
    assertUnsound("it holds no manifest.json", without("manifest.json"));
    List<Entry> changed = new ArrayList<>(without("modules/virtio.ko"));
    changed.add(file("modules/virtio.ko", KernelSamples.module("other")));
    assertUnsound("is not what its manifest says", changed);
  }

  @Test
  void manifests_that_are_not_sound_are_refused() {
    List<UnaryOperator<String>> changes =
        List.of(
            text -> "",
            text -> "[]",
            text -> text.replace("\"form\":1", "\"form\":2"),
            text -> text.replace("\"form\":1", "\"form\":null"),
            text -> text.replace("\"mine\"", "\"../mine\""),
            text -> text.replace("\"mine\"", "null"),
            text -> text.replace("\"6.1\"", "\"6.1\\n\""),
            text -> text.replace("\"amd64\"", "\"arm64\""),
            text -> text.replace("\"virtio.ko\"", "\"../virtio.ko\""),
            text -> text.replace("\"virtio.ko\"", "\"virtio.ko.xz\""),
            text -> text.replace("\"vmlinux\",", "\"/vmlinux\","),
            text -> text.replace("\"acpi\":true", "\"acpi\":null"));
    for (UnaryOperator<String> change : changes) {
      List<Entry> entries = new ArrayList<>(without("manifest.json"));
      entries.add(file("manifest.json", manifest(change, true)));
      assertUnsound("manifest", entries);
    }
  }

  @Test
  void a_kernel_that_cannot_be_entered_is_refused() {
    byte[] other = KernelSamples.vmlinux(KernelSamples.note("Xen", 6));
    String text = new String(manifest(change -> change, false), UTF_8);
    text =
        text.replace(FileDigest.sha256(VMLINUX), FileDigest.sha256(other))
            .replace("\"size\":" + VMLINUX.length, "\"size\":" + other.length);
    assertUnsound(
        "PVH", List.of(file("vmlinux", other), file("manifest.json", text.getBytes(UTF_8))));
  }

  @Test
  void an_archive_that_unpacks_to_more_than_the_limit_is_refused() throws IOException {
    write(all());
    long size = VMLINUX.length + MODULE.length;

    assertThatThrownBy(() -> new KernelBundleFile(json, size).unpack(bundle, fresh(), operation))
        .hasMessageContaining("unpacks to more than " + size);
    assertThat(new KernelBundleFile(json, size + 20_480).unpack(bundle, fresh(), operation).name())
        .isEqualTo("mine");
  }

  @Test
  void every_truncation_is_refused() throws IOException {
    write(all());
    byte[] whole = Files.readAllBytes(bundle);
    for (int length = 0; length < whole.length; length += Math.max(1, whole.length / 50)) {
      Files.write(bundle, Arrays.copyOf(whole, length));
      assertThatThrownBy(this::unpack).as("%s bytes", length).isInstanceOf(IOException.class);
    }
  }

  @Test
  void a_cancelled_operation_ends_it() throws IOException {
    write(all());
    operation.cancel("the client left");

    assertThatThrownBy(this::unpack).hasMessage("the client left");
  }

  private StoredKernel stored() throws IOException {
    Path directory = Files.createDirectories(home.resolve("stored"));
    Files.createDirectory(directory.resolve("modules"));
    Files.write(directory.resolve("vmlinux"), VMLINUX);
    Files.write(directory.resolve("modules/virtio.ko"), MODULE);
    return new StoredKernel(
        new KernelManifest(
            1,
            "mine",
            "6.1",
            "amd64",
            "test",
            Instant.EPOCH,
            FileDigest.of(directory.resolve("vmlinux")),
            new FileDigest("busybox", 0, ""),
            List.of(FileDigest.of(directory.resolve("modules/virtio.ko"))),
            null,
            false),
        directory);
  }

  private byte[] manifest(UnaryOperator<String> change, boolean modules) {
    FileDigest module = new FileDigest("virtio.ko", MODULE.length, FileDigest.sha256(MODULE));
    String text =
        json.write(
            new KernelBundleManifest(
                1,
                "mine",
                "6.1",
                "amd64",
                true,
                new FileDigest("vmlinux", VMLINUX.length, FileDigest.sha256(VMLINUX)),
                modules ? List.of(module) : List.of()));
    return change.apply(text).getBytes(UTF_8);
  }

  private record Entry(TarArchiveEntry entry, byte[] content) {}

  private static Entry file(String name, byte[] content) {
    TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_NORMAL, true);
    entry.setSize(content.length);
    return new Entry(entry, content);
  }

  private List<Entry> all() {
    return List.of(
        file("manifest.json", manifest(text -> text, true)),
        file("vmlinux", VMLINUX),
        new Entry(new TarArchiveEntry("modules/", TarConstants.LF_DIR), new byte[0]),
        file("modules/virtio.ko", MODULE));
  }

  private List<Entry> with(Entry further) {
    List<Entry> entries = new ArrayList<>(all());
    entries.add(further);
    return entries;
  }

  private List<Entry> without(String name) {
    return all().stream().filter(each -> !each.entry().getName().equals(name)).toList();
  }

  private void write(List<Entry> entries) throws IOException {
    try (OutputStream out = Files.newOutputStream(bundle);
        TarArchiveOutputStream tar =
            new TarArchiveOutputStream(new ZstdCompressorOutputStream(out), "UTF-8")) {
      for (Entry each : entries) {
        tar.putArchiveEntry(each.entry());
        tar.write(each.content());
        tar.closeArchiveEntry();
      }
    }
  }

  private void assertUnsound(String message, List<Entry> entries) {
    assertThatThrownBy(
            () -> {
              write(entries);
              unpack();
            })
        .as(entries.get(entries.size() - 1).entry().getName())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(message);
  }

  private KernelBundleManifest unpack() throws IOException {
    return bundles.unpack(bundle, fresh(), operation);
  }

  private Path fresh() throws IOException {
    return Files.createTempDirectory(Files.createDirectories(home.resolve("a/b/c")), "out");
  }
}
