// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.TestJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is found after each step, and after a crash between any two. */
@Timeout(30)
class KernelRegistryTest {
  private static final String NAME = "debian-cloud";

  @TempDir Path home;
  private Path root;
  private KernelRegistry registry;

  @BeforeEach
  void open() throws IOException {
    root = home.resolve("kernels");
    registry = new KernelRegistry(root, new TestJson());
    registry.sweep(name -> false);
  }

  @Test
  void a_published_kernel_is_found_and_listed() throws IOException {
    assertThat(registry.find(NAME)).isEmpty();
    assertThat(registry.list()).isEmpty();

    StoredKernel kernel = StoredKernels.publish(registry, NAME, "1");

    assertThat(registry.find(NAME)).contains(kernel);
    assertThat(new KernelRegistry(root, new TestJson()).list()).containsExactly(kernel);
    assertThat(StoredKernels.entries(root)).containsExactly(NAME);
    assertThat(Files.getPosixFilePermissions(kernel.directory())).hasSize(3);
  }

  @Test
  void a_kernel_from_before_there_were_ssh_servers_is_whole() throws IOException {
    StoredKernel kernel = StoredKernels.publish(registry, NAME, "1");
    Path manifest = kernel.directory().resolve(StoredKernel.MANIFEST);
    String older =
        Files.readString(manifest).replaceAll(",\\s*\"ssh_?[sS]erver\"\\s*:\\s*null", "");
    assertThat(older).doesNotContain("erver");
    Files.writeString(manifest, older);

    StoredKernel found = new KernelRegistry(root, new TestJson()).find(NAME).orElseThrow();

    assertThat(found.manifest().sshServer()).isNull();
    found.requireWhole();
  }

  @Test
  void a_kernel_takes_the_place_of_an_earlier_one_wholly() throws IOException {
    StoredKernels.publish(registry, NAME, "1");

    StoredKernel second = StoredKernels.publish(registry, NAME, "2");

    assertThat(registry.find(NAME)).contains(second);
    assertThat(second.vmlinux()).hasContent("kernel 2");
    assertThat(StoredKernels.entries(root)).containsExactly(NAME);
  }

  @Test
  void a_removed_kernel_is_gone_with_its_files() throws IOException {
    StoredKernels.publish(registry, NAME, "1");
    StoredKernels.publish(registry, "other", "1");

    registry.remove(NAME);

    assertThat(registry.find(NAME)).isEmpty();
    assertThat(registry.exists(NAME)).isFalse();
    assertThat(StoredKernels.entries(root)).containsExactly("other");
  }

  @Test
  void a_publication_that_fails_keeps_the_earlier_kernel() throws IOException {
    StoredKernel first = StoredKernels.publish(registry, NAME, "1");
    Path elsewhere = registry.stage(NAME);
    StoredKernels.fill(elsewhere, "2");
    KernelManifest manifest = StoredKernels.manifest(NAME, elsewhere, "2");
    // A file in the place of the staging directory's manifest makes the first step fail.
    Files.createFile(elsewhere.resolve(StoredKernel.MANIFEST));

    assertThatThrownBy(() -> registry.publish(elsewhere, manifest)).isInstanceOf(IOException.class);

    assertThat(registry.find(NAME)).contains(first);
  }

  @Test
  void an_exchange_that_fails_half_way_is_taken_back() throws IOException {
    StoredKernel first = StoredKernels.publish(registry, NAME, "1");
    // A mount point cannot be renamed; nor can a directory be moved below itself.
    Path staging = Files.createDirectories(root.resolve(NAME).resolve("inner"));
    StoredKernels.fill(staging, "2");
    KernelManifest manifest = StoredKernels.manifest(NAME, staging, "2");

    assertThatThrownBy(() -> registry.publish(staging, manifest)).isInstanceOf(IOException.class);

    assertThat(registry.find(NAME)).contains(first);
    assertThat(StoredKernels.entries(root)).containsExactly(NAME);
  }

  @Test
  void what_was_staged_when_the_process_ended_is_swept() throws IOException {
    StoredKernel first = StoredKernels.publish(registry, NAME, "1");
    StoredKernels.fill(registry.stage(NAME), "2");
    StoredKernels.fill(registry.stage("other-kernel"), "2");

    registry.sweep(name -> false);

    assertThat(StoredKernels.entries(root)).containsExactly(NAME);
    assertThat(registry.find(NAME)).contains(first);
  }

  @Test
  void an_exchange_that_ended_between_its_two_renames_is_taken_back() throws IOException {
    StoredKernel first = StoredKernels.publish(registry, NAME, "1");
    StoredKernels.fill(registry.stage(NAME), "2");
    Files.move(root.resolve(NAME), root.resolve(".replaced-" + NAME + "-0123abcd"));

    registry.sweep(name -> false);

    assertThat(registry.find(NAME)).contains(first);
    assertThat(StoredKernels.entries(root)).containsExactly(NAME);
  }

  @Test
  void an_exchange_that_ended_before_its_clean_up_keeps_the_new_kernel() throws IOException {
    StoredKernels.publish(registry, NAME, "1");
    Files.move(root.resolve(NAME), root.resolve(".replaced-" + NAME + "-0123abcd"));
    StoredKernel second = StoredKernels.publish(registry, NAME, "2");

    registry.sweep(name -> false);

    assertThat(registry.find(NAME)).contains(second);
    assertThat(StoredKernels.entries(root)).containsExactly(NAME);
  }

  @Test
  void a_removal_that_ended_half_way_is_finished() throws IOException {
    StoredKernels.publish(registry, NAME, "1");
    Files.move(root.resolve(NAME), root.resolve(".deleted-" + NAME + "-0123abcd"));

    registry.sweep(name -> false);

    assertThat(registry.find(NAME)).isEmpty();
    assertThat(StoredKernels.entries(root)).isEmpty();
  }

  @Test
  void a_sweep_leaves_alone_what_is_not_the_registrys() throws IOException {
    for (String name : List.of(".staging-x", ".staging-x-0123", "mine", ".hidden-x-0123abcd")) {
      Files.createDirectories(root.resolve(name));
    }

    registry.sweep(name -> false);

    assertThat(StoredKernels.entries(root)).hasSize(4);
  }

  @Test
  void a_damaged_kernel_is_told_apart_from_a_missing_one() throws IOException {
    StoredKernel kernel = StoredKernels.publish(registry, NAME, "1");
    Path manifest = kernel.directory().resolve(StoredKernel.MANIFEST);
    String text = Files.readString(manifest);
    assertThat(registry.find("missing")).isEmpty();

    for (String damaged :
        List.of(
            "",
            "{",
            "{}",
            "null",
            text.substring(0, text.length() / 2),
            text.replace("\"form\":1", "\"form\":2"),
            text.replace(NAME, "other"),
            text.replace("\"busybox\":{", "\"busybox\":null,\"was\":{"))) {
      Files.writeString(manifest, damaged);
      assertDamaged();
    }
    Files.write(manifest, new byte[] {(byte) 0xff, (byte) 0xfe});
    assertDamaged();
    Files.delete(manifest);
    assertDamaged();
    Files.writeString(manifest, text);
    assertThat(registry.find(NAME)).contains(kernel);
  }

  @Test
  void a_file_in_the_place_of_a_kernel_is_damage() throws IOException {
    Files.createFile(root.resolve(NAME));

    assertDamaged();
  }

  @Test
  void every_file_must_be_there_in_its_size() throws IOException {
    StoredKernel kernel = StoredKernels.publish(registry, NAME, "1");
    for (Path file :
        List.of(
            kernel.vmlinux(),
            kernel.busybox(),
            kernel.module(kernel.manifest().modules().get(1)))) {
      String content = Files.readString(file);
      kernel.requireWhole();

      Files.writeString(file, content + "x");
      assertThatThrownBy(kernel::requireWhole)
          .isInstanceOfSatisfying(
              BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT))
          .hasMessageContaining(file.getFileName() + " has " + (content.length() + 1) + " bytes")
          .hasMessageContaining("banger kernel delete " + NAME);
      Files.delete(file);
      assertThatThrownBy(kernel::requireWhole)
          .hasMessageContaining(file.getFileName() + " is missing");
      Files.createSymbolicLink(file, Path.of("/etc/passwd"));
      assertThatThrownBy(kernel::requireWhole)
          .hasMessageContaining(file.getFileName() + " is missing");
      Files.delete(file);
      Files.writeString(file, content);
    }
    kernel.requireWhole();
  }

  @Test
  void who_looks_while_a_kernel_is_exchanged_always_finds_one() throws Exception {
    StoredKernels.publish(registry, NAME, "0");
    CountDownLatch looking = new CountDownLatch(2);
    AtomicBoolean ended = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<Integer>> readers =
          List.of(
              threads.submit(() -> look(looking, ended)),
              threads.submit(() -> look(looking, ended)));
      assertThat(looking.await(10, TimeUnit.SECONDS)).isTrue();
      for (int i = 1; i <= 30; i++) {
        StoredKernels.publish(registry, NAME, Integer.toString(i));
      }
      ended.set(true);
      for (Future<Integer> reader : readers) {
        assertThat(reader.get()).isPositive();
      }
    } finally {
      ended.set(true);
      threads.shutdownNow();
    }
    assertThat(StoredKernels.entries(root)).containsExactly(NAME);
  }

  private int look(CountDownLatch looking, AtomicBoolean ended) {
    int looks = 0;
    do {
      assertThat(registry.find(NAME)).isPresent();
      assertThat(registry.list()).hasSize(1);
      looks++;
      looking.countDown();
    } while (!ended.get());
    return looks;
  }

  private void assertDamaged() {
    assertThatThrownBy(() -> registry.find(NAME))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT))
        .hasMessageContaining("banger kernel delete " + NAME);
    assertThat(registry.list()).isEmpty();
    assertThat(registry.exists(NAME)).isTrue();
  }
}
