// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.imageservice.kernel.KernelSamples;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelPackageTest {
  private static final String MODULES = "./lib/modules/6.1/kernel/";

  @TempDir Path home;
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private Path directory;
  private KernelPackage contents;

  @BeforeEach
  void open() throws IOException {
    directory = Files.createDirectory(home.resolve("kernel"));
    contents = new KernelPackage(directory, Operation.background());
  }

  @Test
  void the_kernel_and_the_wanted_modules_are_unpacked_and_nothing_else() throws IOException {
    Path deb = Files.write(home.resolve("k.deb"), PackageSamples.kernel("6.1.0-1-cloud-amd64"));

    contents.unpackKernel(List.of(deb), List.of("virtio_blk", "built_in"));

    assertThat(contents.version()).isEqualTo("6.1.0-1-cloud-amd64");
    assertThat(contents.modules()).containsExactly("virtio.ko", "virtio_blk.ko");
    assertThat(directory.resolve("vmlinux")).hasBinaryContent(KernelSamples.vmlinux());
    assertThat(directory.resolve("modules/virtio.ko"))
        .hasBinaryContent(KernelSamples.module("virtio"));
    assertThat(directory.resolve("modules/virtio_blk.ko")).exists();
    assertThat(directory.resolve("modules/unused.ko")).doesNotExist();
    assertThat(directory.resolve("spool")).doesNotExist();
  }

  @Test
  void a_kernel_beside_its_modules_is_found_too() throws IOException {
    files.put("./usr/lib/modules/7.2.13+deb14-cloud-amd64/vmlinuz", PackageSamples.vmlinuz());
    files.put("./usr/lib/modules/7.2.13+deb14-cloud-amd64/kernel/vmlinuz", new byte[1]);

    unpack();

    assertThat(contents.version()).isEqualTo("7.2.13+deb14-cloud-amd64");
    assertThat(directory.resolve("vmlinux")).hasBinaryContent(KernelSamples.vmlinux());
  }

  @Test
  void busybox_is_unpacked() throws IOException {
    contents.unpackBusybox(Files.write(home.resolve("b.deb"), PackageSamples.busybox()));

    assertThat(directory.resolve("busybox")).hasBinaryContent(PackageSamples.BUSYBOX);
  }

  @Test
  void packages_without_what_is_looked_for_are_refused() throws IOException {
    files.put("./boot/vmlinuz-6.1/inner", PackageSamples.vmlinuz());
    files.put("./usr/local/bin/busybox", PackageSamples.BUSYBOX);

    assertThatThrownBy(() -> unpack()).hasMessageContaining("holds no kernel");
    assertThatThrownBy(() -> contents.unpackBusybox(deb()))
        .hasMessageContaining("holds no busybox");
  }

  @Test
  void a_module_that_names_itself_a_path_is_refused_and_nothing_is_written_there()
      throws IOException {
    files.put("./boot/vmlinuz-6.1", PackageSamples.vmlinuz());
    files.put(MODULES + "good.ko", KernelSamples.module("../../../escape"));

    assertThatThrownBy(() -> unpack("good")).hasMessageContaining("impossible name");

    try (var all = Files.walk(home)) {
      assertThat(all).noneMatch(path -> path.toString().contains("escape"));
    }
  }

  @Test
  void names_that_lead_out_are_not_what_is_looked_for() throws IOException {
    files.put("./boot/vmlinuz-6.1", PackageSamples.vmlinuz());
    files.put("./boot/vmlinuz-../../../escape", PackageSamples.vmlinuz());
    files.put(MODULES + "../../../../escape.ko", KernelSamples.module("virtio"));
    files.put(MODULES + "spa ce.ko", KernelSamples.module("other"));

    unpack("virtio", "other", "escape");

    assertThat(contents.version()).isEqualTo("6.1");
    assertThat(contents.modules()).containsExactly("virtio.ko");
    try (var all = Files.walk(home)) {
      assertThat(all).noneMatch(path -> path.toString().contains("escape"));
    }
  }

  @Test
  void a_module_that_is_there_twice_counts_once() throws IOException {
    files.put("./boot/vmlinuz-6.1", PackageSamples.vmlinuz());
    files.put(MODULES + "a/virtio.ko", KernelSamples.module("virtio"));
    files.put(MODULES + "b/virtio.ko", KernelSamples.module("virtio", "missing"));

    unpack("virtio");

    assertThat(directory.resolve("modules/virtio.ko"))
        .hasBinaryContent(KernelSamples.module("virtio"));
  }

  @Test
  void a_second_kernel_is_refused() throws IOException {
    files.put("./boot/vmlinuz-6.1", PackageSamples.vmlinuz());
    files.put("./boot/vmlinuz-6.2", PackageSamples.vmlinuz());

    assertThatThrownBy(() -> unpack()).isInstanceOf(IOException.class);
  }

  @Test
  void a_kernel_that_is_not_of_its_size_or_cannot_be_entered_is_refused() throws IOException {
    byte[] kernel = KernelSamples.vmlinux();
    for (int size : new int[] {kernel.length - 1, kernel.length + 1}) {
      files.put(
          "./boot/vmlinuz-6.1",
          KernelSamples.bzImage(KernelSamples.withSize(PackageSamples.xz(kernel), size)));
      assertThatThrownBy(() -> unpack()).hasMessageContaining("than it claims");
      clear();
    }
    byte[] cut = Arrays.copyOf(kernel, kernel.length - 10);
    files.put("./boot/vmlinuz-6.1", KernelSamples.bzImage(PackageSamples.gzip(cut)));
    assertThatThrownBy(() -> unpack()).hasMessageContaining("truncated");
    clear();
    files.put(
        "./boot/vmlinuz-6.1",
        KernelSamples.bzImage(PackageSamples.gzip(KernelSamples.module("x"))));
    assertThatThrownBy(() -> unpack()).hasMessageContaining("PVH");
  }

  @Test
  void files_that_are_not_what_their_names_say_are_refused() throws IOException {
    files.put(MODULES + "bad.ko", FakeHost.bytes("not a module"));
    assertThatThrownBy(() -> unpack()).hasMessageContaining("ELF");
    clear();
    files.put(MODULES + "bad.ko.xz", FakeHost.bytes("not compressed"));
    assertThatThrownBy(() -> unpack()).isInstanceOf(IOException.class);
    clear();
    files.put("./bin/busybox", FakeHost.bytes("#!/bin/sh"));
    assertThatThrownBy(() -> contents.unpackBusybox(deb())).hasMessageContaining("ELF");
  }

  @Test
  void a_cancelled_operation_ends_it() throws IOException {
    files.put("./boot/vmlinuz-6.1", PackageSamples.vmlinuz());
    Operation cancelled = Operation.background();
    cancelled.cancel("the client left");

    assertThatThrownBy(
            () -> new KernelPackage(directory, cancelled).unpackKernel(List.of(deb()), List.of()))
        .hasMessage("the client left");
  }

  private void unpack(String... wanted) throws IOException {
    contents.unpackKernel(List.of(deb()), List.of(wanted));
  }

  private Path deb() throws IOException {
    return Files.write(
        home.resolve("sample.deb"), PackageSamples.deb("data.tar", PackageSamples.tar(files)));
  }

  private void clear() throws IOException {
    files.clear();
    directory = Files.createTempDirectory(home, "kernel");
    contents = new KernelPackage(directory, Operation.background());
  }
}
