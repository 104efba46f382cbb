// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.kernel.ImportKernel;
import dev.banger.operation.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** What is taken of a host's kernels, and what is refused. */
class LocalKernelTest {
  private static final String RELEASE = "6.1.0-9-test";
  private static final List<String> WANTED = List.of("virtio_blk", "crc32c_intel", "ext4");

  @TempDir Path home;
  private final Operation operation = Operation.background();
  private Path from;
  private Path staging;

  @BeforeEach
  void makeDirectories() throws IOException {
    from = Files.createDirectory(home.resolve("from"));
    staging = Files.createDirectory(home.resolve("staging"));
  }

  @Test
  void an_elf_kernel_with_everything_built_in_needs_no_modules() throws IOException {
    byte[] kernel = KernelSamples.vmlinux(RELEASE, true);
    Files.write(from.resolve("vmlinux"), kernel);

    KernelSource.Contents contents = importFrom(from);

    assertThat(contents.version()).isEqualTo(RELEASE);
    assertThat(contents.modules()).isEmpty();
    assertThat(contents.source()).isEqualTo("file:" + from.resolve("vmlinux"));
    assertThat(staging.resolve("vmlinux")).hasBinaryContent(kernel);
    assertThat(staging.resolve("busybox")).exists();
    assertThat(staging.resolve("modules")).isEmptyDirectory();
  }

  @Test
  void a_bzimage_is_unpacked_under_each_of_its_names() throws IOException {
    for (String name : List.of("vmlinuz", "bzImage")) {
      Path directory = Files.createDirectory(home.resolve(name));
      byte[] kernel = KernelSamples.vmlinux(RELEASE, false);
      Files.write(directory.resolve(name), KernelSamples.bzImage(gzip(kernel)));
      staging = Files.createDirectory(home.resolve("staging-" + name));

      assertThat(importFrom(directory).version()).isEqualTo(RELEASE);

      assertThat(staging.resolve("vmlinux")).hasBinaryContent(kernel);
    }
  }

  @Test
  void how_it_finds_its_devices_is_told_by_the_kernel_unless_the_caller_does() throws IOException {
    Files.write(from.resolve("vmlinux"), KernelSamples.vmlinux(RELEASE, true));
    assertThat(importFrom(from).acpi()).isFalse();
    again();
    assertThat(make(new ImportKernel("k", from, null, null, null, true, false)).acpi()).isTrue();
    again();
    Files.write(from.resolve("vmlinux"), KernelSamples.vmlinux(RELEASE, false));
    assertThat(importFrom(from).acpi()).isTrue();
  }

  @Test
  void the_wanted_modules_come_in_load_order_in_whatever_way_they_are_compressed()
      throws IOException {
    Path vmlinuz = vmlinuz();
    Path modules = modules();
    write(modules, "kernel/drivers/block/virtio_blk.ko.xz", xz(module("virtio_blk", "virtio")));
    write(modules, "kernel/drivers/virtio/virtio.ko.gz", gzip(module("virtio", "virtio_ring")));
    write(modules, "kernel/drivers/virtio/virtio_ring.ko.zst", zstd(module("virtio_ring")));
    write(modules, "kernel/arch/x86/crypto/crc32c-intel.ko", module("crc32c_intel"));
    write(modules, "kernel/drivers/unused.ko", module("unused"));

    KernelSource.Contents contents = importFiles(vmlinuz, modules);

    assertThat(contents.modules())
        .containsExactly("virtio_ring.ko", "virtio.ko", "virtio_blk.ko", "crc32c_intel.ko");
    assertThat(StoredKernels.entries(staging.resolve("modules")))
        .containsExactlyInAnyOrderElementsOf(contents.modules());
    assertThat(staging.resolve("modules/virtio_blk.ko"))
        .hasBinaryContent(module("virtio_blk", "virtio"));
  }

  @Test
  void what_is_built_in_is_not_loaded() throws IOException {
    Path modules = modules();
    write(modules, "kernel/drivers/block/virtio_blk.ko", module("virtio_blk", "virtio"));
    write(
        modules,
        "modules.builtin",
        """
        kernel/drivers/virtio/virtio.ko
        kernel/drivers/virtio/virtio_mmio.ko
        kernel/drivers/net/virtio_net.ko
        kernel/drivers/char/virtio_console.ko
        kernel/fs/ext4/ext4.ko
        """
            .getBytes(java.nio.charset.StandardCharsets.US_ASCII));

    assertThat(importFiles(vmlinuz(), modules).modules()).containsExactly("virtio_blk.ko");
  }

  @Test
  void a_kernel_without_the_drivers_of_a_machine_is_refused_by_their_names() throws IOException {
    Path modules = modules();
    write(modules, "kernel/drivers/block/virtio_blk.ko", module("virtio_blk"));
    write(modules, "modules.builtin", "kernel/fs/ext4/ext4.ko\n".getBytes());

    assertRefused(
        "virtio_mmio, virtio_net, virtio_console neither built in nor as modules",
        () -> importFiles(vmlinuz(), modules));
  }

  @Test
  void a_module_of_another_kernel_is_refused() throws IOException {
    Path modules = modules();
    write(
        modules,
        "kernel/virtio_blk.ko",
        KernelSamples.moduleOf("name=virtio_blk\0vermagic=6.2.0 SMP\0"));

    assertRefused(
        "is made for Linux 6.2.0, but the kernel is " + RELEASE,
        () -> importFiles(vmlinuz(), modules));
  }

  @Test
  void a_module_of_this_kernel_is_taken() throws IOException {
    Path modules = modules();
    write(
        modules,
        "kernel/virtio_blk.ko",
        KernelSamples.moduleOf("name=virtio_blk\0vermagic=" + RELEASE + " SMP\0"));

    assertThat(importFiles(vmlinuz(), modules).modules()).containsExactly("virtio_blk.ko");
  }

  @Test
  void a_link_among_the_modules_is_not_followed() throws IOException {
    Path outside = Files.write(home.resolve("virtio_blk.ko"), module("virtio_blk"));
    Path modules = modules();
    write(modules, "kernel/other.ko", module("other"));
    Files.createSymbolicLink(modules.resolve("kernel/virtio_blk.ko"), outside);

    assertThat(importFiles(vmlinuz(), modules).modules()).isEmpty();
  }

  @Test
  void kernels_that_no_machine_can_boot_are_refused() throws IOException {
    assertRefused("holds no kernel; looked for vmlinux", () -> importFrom(from));
    Files.write(from.resolve("vmlinux"), KernelSamples.vmlinux(KernelSamples.note("Xen", 6)));
    assertRefused("not a kernel with a PVH entry", () -> importFrom(from));
    again();
    Files.writeString(from.resolve("vmlinux"), "no kernel at all".repeat(100));
    assertRefused("not an x86 kernel image", () -> importFrom(from));
  }

  @Test
  void the_release_is_asked_for_only_when_the_kernel_does_not_tell() throws IOException {
    Files.write(from.resolve("vmlinux"), KernelSamples.vmlinux());
    assertRefused("give it with --release", () -> importFrom(from));
    again();
    assertThat(make(new ImportKernel("k", from, null, null, "6.9", null, false)).version())
        .isEqualTo("6.9");
    again();
    Files.write(from.resolve("vmlinux"), KernelSamples.vmlinux(RELEASE, false));
    assertRefused(
        "is Linux " + RELEASE + ", not 6.9",
        () -> make(new ImportKernel("k", from, null, null, "6.9", null, false)));
  }

  @Test
  void requests_that_are_not_sound_are_refused_before_anything_is_made() {
    Path file = home.resolve("vmlinuz");
    for (ImportKernel request :
        List.of(
            new ImportKernel("k", null, null, null, null, null, false),
            new ImportKernel("k", from, file, null, null, null, false),
            new ImportKernel("k", from, null, from, null, null, false),
            new ImportKernel("k", null, Path.of("relative"), null, null, null, false),
            new ImportKernel("k", null, file, null, null, null, false),
            new ImportKernel("k", from, null, null, "../6.1", null, false))) {
      assertRefused("", () -> LocalKernel.of(request, WANTED, this::busybox));
    }
  }

  private KernelSource.Contents importFrom(Path directory) throws IOException {
    return make(new ImportKernel("k", directory, null, null, null, null, false));
  }

  private KernelSource.Contents importFiles(Path vmlinuz, Path modules) throws IOException {
    return make(new ImportKernel("k", null, vmlinuz, modules, null, null, false));
  }

  private KernelSource.Contents make(ImportKernel request) throws IOException {
    return LocalKernel.of(request, WANTED, this::busybox).make(staging, operation);
  }

  private void busybox(Path directory, Operation op) throws IOException {
    Files.writeString(directory.resolve("busybox"), "busybox");
  }

  private void again() throws IOException {
    staging = Files.createTempDirectory(home, "staging");
  }

  private Path vmlinuz() throws IOException {
    return Files.write(
        home.resolve("vmlinuz-" + RELEASE),
        KernelSamples.bzImage(gzip(KernelSamples.vmlinux(RELEASE, false))));
  }

  private Path modules() throws IOException {
    return Files.createDirectories(home.resolve("lib/modules").resolve(RELEASE));
  }

  private static byte[] module(String name, String... needs) {
    return KernelSamples.module(name, needs);
  }

  private static void write(Path root, String name, byte[] content) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private static void assertRefused(
      String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST))
        .hasMessageContaining(message);
  }

  private static byte[] gzip(byte[] content) throws IOException {
    return packed(content, GZIPOutputStream::new);
  }

  private static byte[] xz(byte[] content) throws IOException {
    return packed(content, out -> new XZOutputStream(out, new LZMA2Options(0)));
  }

  private static byte[] zstd(byte[] content) throws IOException {
    return packed(content, ZstdCompressorOutputStream::new);
  }

  private static byte[] packed(byte[] content, Packing packing) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = packing.over(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private interface Packing {
    OutputStream over(OutputStream out) throws IOException;
  }
}
