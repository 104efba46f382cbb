// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.TestJson;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitramfsCacheTest {
  @TempDir Path home;
  private final Operation operation = Operation.background();
  private Path directory;
  private KernelRegistry registry;
  private StoredKernel kernel;
  private InitramfsCache cache;

  @BeforeEach
  void open() throws IOException {
    directory = home.resolve("initramfs");
    registry = new KernelRegistry(home.resolve("kernels"), new TestJson());
    kernel = StoredKernels.publish(registry, "debian", "1");
    cache = cacheWith("agent");
  }

  @Test
  void an_initramfs_holds_the_agent_busybox_and_the_modules_in_their_order() throws IOException {
    Path file = cache.of(kernel, operation);

    Map<String, String> content = read(file);
    assertThat(content)
        .containsEntry("init", "agent")
        .containsEntry("bin/busybox", "busybox")
        .containsEntry("modules/virtio.ko", "virtio.ko 1")
        .containsEntry("modules/virtio_blk.ko", "virtio_blk.ko 1")
        .containsEntry("modules/order", "virtio.ko\nvirtio_blk.ko\n")
        .containsKeys("dev/console", "proc", "sys", "run", "newroot");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void the_ssh_server_of_a_kernel_is_in_its_initramfs() throws IOException {
    Path staging = registry.stage("with-ssh");
    StoredKernels.fill(staging, "1");
    PrivateFiles.write(staging.resolve(KernelSource.SSH_SERVER), "ssh".getBytes(UTF_8));
    StoredKernel withServer =
        registry.publish(staging, StoredKernels.withSshServer("with-ssh", staging, "1"));

    Path file = cache.of(withServer, operation);

    assertThat(read(file)).containsEntry("ssh-server.tar.gz", "ssh");
    assertThat(read(cache.of(kernel, operation))).doesNotContainKey("ssh-server.tar.gz");
    Files.delete(withServer.sshServer());
    assertThatThrownBy(withServer::requireWhole).hasMessageContaining("ssh-server.tar.gz");
  }

  @Test
  void it_is_made_once_and_marked_as_used_each_time() throws IOException {
    Path file = cache.of(kernel, operation);
    Object first = Files.getAttribute(file, "unix:ino");
    Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));

    assertThat(cacheWith("agent").of(kernel, operation)).isEqualTo(file);

    assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(first);
    assertThat(Files.getLastModifiedTime(file).toInstant()).isAfter(Instant.EPOCH);
  }

  @Test
  void another_agent_or_another_module_gives_another_file() throws IOException {
    Path file = cache.of(kernel, operation);

    Path withAgent = cacheWith("new agent").of(kernel, operation);
    Path withModules = cache.of(StoredKernels.publish(registry, "debian", "2"), operation);

    assertThat(file).isNotEqualTo(withAgent).isNotEqualTo(withModules);
    assertThat(read(withAgent)).containsEntry("init", "new agent");
    assertThat(read(withModules)).containsEntry("modules/virtio.ko", "virtio.ko 2");
    assertThat(read(file)).containsEntry("init", "agent");
  }

  @Test
  void kernels_with_the_same_content_share_a_file() throws IOException {
    StoredKernel twin = StoredKernels.publish(registry, "twin", "1");

    assertThat(cache.of(twin, operation)).isEqualTo(cache.of(kernel, operation));
  }

  @Test
  void a_truncated_file_is_made_again() throws IOException {
    Path file = cache.of(kernel, operation);
    byte[] whole = Files.readAllBytes(file);
    for (long length : new long[] {0, 100, whole.length / 2}) {
      try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
        cut.setLength(length);
      }

      assertThat(cache.of(kernel, operation)).isEqualTo(file).hasBinaryContent(whole);
    }
  }

  @Test
  void a_module_that_has_changed_is_damage_and_nothing_is_left() throws IOException {
    Path module = kernel.module(kernel.manifest().modules().get(0));
    String content = Files.readString(module);
    Files.writeString(module, content.replace('v', 'w'));

    assertThatThrownBy(() -> cache.of(kernel, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT))
        .hasMessageContaining("modules/virtio.ko has changed");
    assertThat(StoredKernels.entries(directory)).isEmpty();

    Files.writeString(module, content);
    assertThat(cache.of(kernel, operation)).exists();
  }

  @Test
  void a_missing_file_or_a_cancelled_operation_leaves_nothing() throws IOException {
    Operation cancelled = Operation.background();
    cancelled.cancel("the client left");
    assertThatThrownBy(() -> cache.of(kernel, cancelled)).hasMessageContaining("the client left");
    assertThat(StoredKernels.entries(directory)).isEmpty();

    Files.delete(kernel.busybox());
    assertThatThrownBy(() -> cache.of(kernel, operation)).isInstanceOf(IOException.class);
    assertThat(StoredKernels.entries(directory)).isEmpty();
  }

  @Test
  void the_four_used_last_are_kept() throws IOException {
    Files.createDirectories(directory);
    Path[] files = new Path[5];
    for (int i = 0; i < 4; i++) {
      files[i] = cacheWith("agent " + i).of(kernel, operation);
      Files.setLastModifiedTime(files[i], FileTime.from(Instant.EPOCH.plusSeconds(i)));
    }
    cacheWith("agent 0").of(kernel, operation);
    Path other = Files.createFile(directory.resolve("README"));

    files[4] = cacheWith("agent 4").of(kernel, operation);

    assertThat(files[1]).doesNotExist();
    for (int i : new int[] {0, 2, 3, 4}) {
      assertThat(files[i]).exists();
    }
    assertThat(other).exists();
  }

  @Test
  void what_was_begun_when_the_process_ended_is_swept() throws IOException {
    InitramfsCache.sweep(directory);
    Path file = cache.of(kernel, operation);
    Files.createFile(directory.resolve(".staging-123.cpio"));

    InitramfsCache.sweep(directory);

    assertThat(StoredKernels.entries(directory)).containsExactly(file.getFileName().toString());
  }

  private InitramfsCache cacheWith(String agent) {
    return new InitramfsCache(directory, AgentProgram.of(agent.getBytes(UTF_8)));
  }

  private static Map<String, String> read(Path file) throws IOException {
    Map<String, String> content = new LinkedHashMap<>();
    try (InputStream bytes = Files.newInputStream(file);
        CpioArchiveInputStream in = new CpioArchiveInputStream(bytes)) {
      for (CpioArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        content.put(entry.getName(), new String(in.readAllBytes(), UTF_8));
      }
    }
    return content;
  }
}
