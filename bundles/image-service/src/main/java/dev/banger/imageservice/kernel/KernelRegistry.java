// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.error.BangerException;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.RegistryName;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernels that are here: one directory each, named like the kernel, which appears whole by a
 * rename and goes by one. A deleted kernel that is still needed is retained beside them, out of
 * sight, until it is needed no more or another takes its name. The caller sees to it that one
 * kernel is changed by one thread at a time.
 */
final class KernelRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(KernelRegistry.class);
  private static final Pattern TEMPORARY =
      Pattern.compile("\\.(staging|replaced|deleted)-(.+)-[0-9a-f]{8}");

  private static final String RETAINED = ".retained-";

  private final Path root;
  private final Json json;
  private final SecureRandom random = new SecureRandom();
  // Held only for renames, so that nobody looks while a kernel is exchanged.
  private final ReadWriteLock exchange = new ReentrantReadWriteLock();

  KernelRegistry(Path root, Json json) {
    this.root = root;
    this.json = json;
  }

  /**
   * Removes what earlier processes began and did not end, and retained kernels that are not needed;
   * a half exchange is taken back.
   *
   * @param needed whether anything still needs the kernel of a name
   */
  void sweep(Predicate<String> needed) throws IOException {
    PrivateFiles.createDirectories(root);
    List<Path> all = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
      entries.forEach(all::add);
    }
    for (Path entry : all) {
      try {
        sweep(entry, needed);
      } catch (IOException e) {
        LOG.warn("cannot clear away {}: {}", entry, e.toString());
      }
    }
  }

  private void sweep(Path entry, Predicate<String> needed) throws IOException {
    String file = entry.getFileName().toString();
    if (file.startsWith(RETAINED)) {
      String name = file.substring(RETAINED.length());
      if (exists(name) || !needed.test(name)) {
        discard(entry, name);
      }
      return;
    }
    Matcher parts = TEMPORARY.matcher(file);
    if (!parts.matches()) {
      return;
    }
    if (parts.group(1).equals("replaced") && !exists(parts.group(2))) {
      Files.move(entry, root.resolve(parts.group(2)), StandardCopyOption.ATOMIC_MOVE);
    } else {
      discard(entry, parts.group(2));
    }
  }

  /** All kernels whose manifest can be read, by name. */
  List<StoredKernel> list() {
    List<StoredKernel> kernels = new ArrayList<>();
    exchange.readLock().lock();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (RegistryName.isValid(name) && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          addTo(kernels, name);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw StorageFailure.of("list the kernels", e);
    } finally {
      exchange.readLock().unlock();
    }
    kernels.sort(Comparator.comparing(kernel -> kernel.manifest().name()));
    return kernels;
  }

  private void addTo(List<StoredKernel> kernels, String name) {
    try {
      read(name, root.resolve(name)).ifPresent(kernels::add);
    } catch (BangerException e) {
      LOG.warn("{}", e.getMessage());
    }
  }

  /** Whether there is anything of that name, damaged or not; retained ones do not count. */
  boolean exists(String name) {
    return Files.exists(root.resolve(name), LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * The kernel of a name, found whole.
   *
   * @throws BangerException CORRUPT
   */
  Optional<StoredKernel> find(String name) {
    return find(name, root.resolve(name));
  }

  /**
   * The retained kernel of a name, found whole.
   *
   * @throws BangerException CORRUPT
   */
  Optional<StoredKernel> findRetained(String name) {
    return find(name, root.resolve(RETAINED + name));
  }

  private Optional<StoredKernel> find(String name, Path directory) {
    exchange.readLock().lock();
    try {
      Optional<StoredKernel> kernel = read(name, directory);
      kernel.ifPresent(StoredKernel::requireWhole);
      return kernel;
    } finally {
      exchange.readLock().unlock();
    }
  }

  private Optional<StoredKernel> read(String name, Path directory) {
    String text;
    try {
      text = Files.readString(directory.resolve(StoredKernel.MANIFEST));
    } catch (NoSuchFileException e) {
      if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
        return Optional.empty();
      }
      throw StoredKernel.damaged(name, StoredKernel.MANIFEST + " is missing", e);
    } catch (IOException e) {
      throw StoredKernel.damaged(name, e.toString(), e);
    }
    KernelManifest manifest;
    try {
      manifest = json.read(text, KernelManifest.class);
    } catch (BangerException e) {
      throw StoredKernel.damaged(name, StoredKernel.MANIFEST + ": " + e.getMessage(), e);
    }
    if (manifest.form() != KernelManifest.FORM || !manifest.name().equals(name)) {
      throw StoredKernel.damaged(name, StoredKernel.MANIFEST + " is not this program's", null);
    }
    return Optional.of(new StoredKernel(manifest, directory));
  }

  /** A fresh directory in which a kernel can be made. */
  Path stage(String name) throws IOException {
    PrivateFiles.createDirectories(root);
    return PrivateFiles.createDirectory(temporary("staging", name));
  }

  /**
   * Makes a staged kernel the kernel of its name, in the place of an earlier one.
   *
   * @param staging holds all files but the manifest
   */
  StoredKernel publish(Path staging, KernelManifest manifest) throws IOException {
    String name = manifest.name();
    Path file = staging.resolve(StoredKernel.MANIFEST);
    PrivateFiles.write(file, json.writePretty(manifest).getBytes(UTF_8));
    PrivateFiles.sync(file);
    PrivateFiles.sync(staging);
    Path replaced = temporary("replaced", name);
    boolean replaces = exists(name);
    exchange.writeLock().lock();
    try {
      if (replaces) {
        Files.move(root.resolve(name), replaced, StandardCopyOption.ATOMIC_MOVE);
      }
      try {
        Files.move(staging, root.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        takeBack(replaced, name, replaces, e);
        throw e;
      }
    } finally {
      exchange.writeLock().unlock();
    }
    PrivateFiles.sync(root);
    if (replaces) {
      removeReplaced(replaced, name);
    }
    removeReplaced(root.resolve(RETAINED + name), name);
    return new StoredKernel(manifest, root.resolve(name));
  }

  private void takeBack(Path replaced, String name, boolean replaces, IOException failure) {
    if (replaces) {
      try {
        Files.move(replaced, root.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }

  /** Removes a kernel; from the first moment on it is not found any more. */
  void remove(String name) throws IOException {
    Path deleted = temporary("deleted", name);
    exchange.writeLock().lock();
    try {
      Files.move(root.resolve(name), deleted, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      exchange.writeLock().unlock();
    }
    TreeRemoval.remove(deleted);
  }

  /** Takes a kernel out of sight that is still needed. */
  void retain(String name) throws IOException {
    Path retained = root.resolve(RETAINED + name);
    if (Files.exists(retained, LinkOption.NOFOLLOW_LINKS)) {
      discard(retained, name);
    }
    exchange.writeLock().lock();
    try {
      Files.move(root.resolve(name), retained, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      exchange.writeLock().unlock();
    }
    PrivateFiles.sync(root);
  }

  private void removeReplaced(Path replaced, String name) {
    if (!Files.exists(replaced, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      discard(replaced, name);
    } catch (IOException e) {
      // The new kernel is there; the rest of the old one goes at the next start.
      LOG.warn("cannot clear away {}: {}", replaced, e.toString());
    }
  }

  /** Removes a directory under a name that no sweep takes for a whole kernel. */
  private void discard(Path directory, String name) throws IOException {
    Path deleted = temporary("deleted", name);
    Files.move(directory, deleted, StandardCopyOption.ATOMIC_MOVE);
    TreeRemoval.remove(deleted);
  }

  private Path temporary(String what, String name) {
    return root.resolve("." + what + "-" + name + "-" + String.format("%08x", random.nextInt()));
  }
}
