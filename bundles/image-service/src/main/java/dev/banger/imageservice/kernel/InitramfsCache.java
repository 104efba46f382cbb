// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.operation.Operation;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The initramfs files: each made once of a kernel's modules, busybox, ssh server and the guest
 * agent, named for the digest of what is in it, and not compressed, since unpacking costs more than
 * reading.
 */
final class InitramfsCache {
  private static final Logger LOG = LoggerFactory.getLogger(InitramfsCache.class);

  /** Changes whenever the same inputs give another archive. */
  private static final String FORM = "banger initramfs 1";

  private static final String ENDING = ".cpio";
  private static final byte[] TRAILER = "TRAILER!!!".getBytes(UTF_8);

  /** A machine monitor reads its file as it starts, so older ones may go; some stay for speed. */
  private static final int KEPT = 4;

  private final Path directory;
  private final AgentProgram agent;

  InitramfsCache(Path directory, AgentProgram agent) {
    this.directory = directory;
    this.agent = agent;
  }

  /**
   * The initramfs of a kernel, made when it is not here.
   *
   * @throws IOException when a file cannot be read or written
   */
  Path of(StoredKernel kernel, Operation operation) throws IOException {
    Path file = directory.resolve(digest(kernel.manifest()) + ENDING);
    if (isWhole(file)) {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      return file;
    }
    operation.progress().stage("initramfs", "making the initramfs of " + kernel.manifest().name());
    PrivateFiles.createDirectories(directory);
    Path staging = Files.createTempFile(directory, ".staging-", ENDING);
    try {
      Files.delete(staging);
      write(kernel, staging, operation);
      PrivateFiles.sync(staging);
      Files.move(staging, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      TreeRemoval.removeAfter(e, staging);
      throw e;
    }
    prune();
    return file;
  }

  /** Removes what earlier processes began and did not end. */
  static void sweep(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, ".staging-*")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      return;
    }
  }

  private void write(StoredKernel kernel, Path file, Operation operation) throws IOException {
    KernelManifest manifest = kernel.manifest();
    try (InitramfsArchive archive =
        new InitramfsArchive(new BufferedOutputStream(PrivateFiles.create(file), 1 << 16))) {
      for (String name : List.of("bin", "dev", "proc", "sys", "run", "newroot", "modules")) {
        archive.directory(name, 0755);
      }
      archive.characterDevice("dev/console", 0600, 5, 1);
      archive.file("init", 0755, agent.content());
      archive.file("bin/busybox", 0755, read(kernel, kernel.busybox(), manifest.busybox()));
      if (manifest.sshServer() != null) {
        archive.file(
            KernelSource.SSH_SERVER, 0644, read(kernel, kernel.sshServer(), manifest.sshServer()));
      }
      for (FileDigest module : manifest.modules()) {
        operation.check();
        archive.file("modules/" + module.name(), 0644, read(kernel, kernel.module(module), module));
      }
      StringBuilder order = new StringBuilder();
      manifest.modules().forEach(module -> order.append(module.name()).append('\n'));
      archive.file("modules/order", 0644, order.toString().getBytes(UTF_8));
    }
  }

  private static byte[] read(StoredKernel kernel, Path file, FileDigest digest) throws IOException {
    byte[] content = Files.readAllBytes(file);
    if (!FileDigest.sha256(content).equals(digest.sha256())) {
      throw StoredKernel.damaged(
          kernel.manifest().name(), kernel.directory().relativize(file) + " has changed", null);
    }
    return content;
  }

  private String digest(KernelManifest manifest) {
    MessageDigest digest = FileDigest.newSha256();
    List<String> inputs = new ArrayList<>();
    inputs.add(FORM);
    inputs.add(agent.sha256());
    inputs.add(manifest.busybox().sha256());
    if (manifest.sshServer() != null) {
      inputs.add(manifest.sshServer().sha256());
    }
    manifest.modules().forEach(module -> inputs.add(module.name() + " " + module.sha256()));
    digest.update(String.join("\n", inputs).getBytes(UTF_8));
    return HexFormat.of().formatHex(digest.digest());
  }

  private static boolean isWhole(Path file) {
    try (RandomAccessFile archive = new RandomAccessFile(file.toFile(), "r")) {
      byte[] end = new byte[(int) Math.min(archive.length(), 1024)];
      archive.seek(archive.length() - end.length);
      archive.readFully(end);
      return new String(end, UTF_8).contains(new String(TRAILER, UTF_8));
    } catch (IOException e) {
      return false;
    }
  }

  private void prune() throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*" + ENDING)) {
      for (Path entry : entries) {
        if (!entry.getFileName().toString().startsWith(".")) {
          files.add(entry);
        }
      }
    }
    files.sort(Comparator.comparing(InitramfsCache::lastUsed).reversed());
    for (Path old : files.subList(Math.min(KEPT, files.size()), files.size())) {
      try {
        Files.deleteIfExists(old);
      } catch (IOException e) {
        LOG.warn("cannot remove {}: {}", old, e.toString());
      }
    }
  }

  private static FileTime lastUsed(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }
}
