// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Content by its digest, in a directory: {@code blobs/sha256/<hex>} for what is complete and
 * verified, {@code partial/<hex>.partial} for what is on its way. Its files are written by one
 * process at a time. Safe for use by many threads.
 */
public final class BlobCache {
  private static final String PARTIAL = ".partial";
  private static final Duration PARTIALS_KEPT = Duration.ofDays(7);

  private final Path blobs;
  private final Path partials;
  private final Clock clock;
  private final KeyedLocks locks = new KeyedLocks();
  private final Map<OciDigest, Integer> wanted = new ConcurrentHashMap<>();
  private final Set<Hold> holds = ConcurrentHashMap.newKeySet();

  /**
   * A cache in a directory, which is made, for its owner alone, when it is not there.
   *
   * @throws BangerException OPERATION_FAILED or NO_SPACE when it cannot be made
   */
  public BlobCache(Path directory) {
    this(directory, Clock.systemUTC());
  }

  BlobCache(Path directory, Clock clock) {
    this.blobs = directory.resolve("blobs").resolve("sha256");
    this.partials = directory.resolve("partial");
    this.clock = clock;
    try {
      for (Path made : List.of(blobs, partials)) {
        Files.createDirectories(
            made,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
    } catch (IOException e) {
      throw StorageFailure.of("make the image cache", e);
    }
  }

  /**
   * Keeps what pulls use from now on from being pruned, until it is closed: open it before a pull
   * whose layers are read afterwards.
   */
  public Hold hold() {
    Hold hold = new Hold(clock.instant());
    holds.add(hold);
    return hold;
  }

  /** What the cache holds, complete and on its way, what was used longest ago first. */
  public List<CachedBlob> list() {
    List<CachedBlob> found = new ArrayList<>();
    for (Path file : filesIn(blobs)) {
      OciDigest.parse("sha256:" + name(file))
          .flatMap(digest -> describe(digest, true, file))
          .ifPresent(found::add);
    }
    for (Path file : filesIn(partials)) {
      if (name(file).endsWith(PARTIAL)) {
        String hex = name(file).substring(0, name(file).length() - PARTIAL.length());
        OciDigest.parse("sha256:" + hex)
            .flatMap(digest -> describe(digest, false, file))
            .ifPresent(found::add);
      }
    }
    found.sort(Comparator.comparing(CachedBlob::lastUse));
    return found;
  }

  /**
   * Removes what was not used for a time. What a {@link #hold} keeps or a pull fetches just now
   * stays.
   *
   * @param unused how long at least it was not used; zero for everything
   * @param dryRun only tells what would be removed
   * @return what was removed; after a failure the others are removed all the same
   * @throws BangerException CANCELLED or DEADLINE_EXCEEDED; OPERATION_FAILED when something could
   *     not be removed
   */
  public List<CachedBlob> prune(Duration unused, boolean dryRun, Operation operation) {
    Instant before = clock.instant().minus(unused);
    List<CachedBlob> removed = new ArrayList<>();
    BangerException failure = null;
    for (CachedBlob blob : list()) {
      operation.check();
      try {
        if (wanting(blob.digest()) == 0
            && isUnused(blob, before)
            && (dryRun || removeUnlessUsed(blob, before, operation))) {
          removed.add(blob);
        }
      } catch (IOException e) {
        BangerException next = StorageFailure.of("prune the image cache", e);
        if (failure == null) {
          failure = next;
        } else {
          failure.addSuppressed(next);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
    return removed;
  }

  private boolean isUnused(CachedBlob blob, Instant before) {
    return !blob.lastUse().isAfter(before)
        && holds.stream().allMatch(hold -> blob.lastUse().isBefore(hold.since));
  }

  private boolean removeUnlessUsed(CachedBlob blob, Instant before, Operation operation)
      throws IOException {
    try (KeyedLocks.Held held = lock(blob.digest(), operation)) {
      Optional<CachedBlob> now = describe(blob.digest(), blob.complete(), blob.file());
      return now.isPresent() && isUnused(now.get(), before) && Files.deleteIfExists(blob.file());
    }
  }

  /**
   * Removes what no pull will go on with: beginnings of downloads older than a week, and files that
   * do not belong here. To be called once, before the first pull.
   *
   * @throws BangerException OPERATION_FAILED when something could not be removed
   */
  public void sweep() {
    Instant before = clock.instant().minus(PARTIALS_KEPT);
    List<Path> kept = new ArrayList<>();
    for (CachedBlob blob : list()) {
      if (blob.complete() || blob.lastUse().isAfter(before)) {
        kept.add(blob.file());
      }
    }
    IOException failure = null;
    for (Path directory : List.of(blobs, partials)) {
      for (Path file : filesIn(directory)) {
        try {
          if (!kept.contains(file)) {
            Files.deleteIfExists(file);
          }
        } catch (IOException e) {
          failure = e;
        }
      }
    }
    if (failure != null) {
      throw StorageFailure.of("sweep the image cache", failure);
    }
  }

  /** One thread at a time fetches or removes a blob. */
  KeyedLocks.Held lock(OciDigest digest, Operation operation) {
    wanted.merge(digest, 1, Integer::sum);
    try {
      KeyedLocks.Held held = locks.acquire(digest.hex(), operation);
      return () -> {
        held.close();
        forget(digest);
      };
    } catch (RuntimeException e) {
      forget(digest);
      throw e;
    }
  }

  private void forget(OciDigest digest) {
    wanted.computeIfPresent(digest, (key, count) -> count == 1 ? null : count - 1);
  }

  /** How many threads hold or wait for a blob. */
  int wanting(OciDigest digest) {
    return wanted.getOrDefault(digest, 0);
  }

  /** Where a blob lies, once it is there. */
  Path file(OciDigest digest) {
    return blobs.resolve(digest.hex());
  }

  /**
   * A blob that is there, which counts as a use of it. One of another length than it must have was
   * damaged since; it is removed.
   *
   * @param size in bytes, or -1 when it is not known
   */
  Optional<Path> find(OciDigest digest, long size) {
    Path file = file(digest);
    try {
      BasicFileAttributes attributes = attributes(file);
      if (!attributes.isRegularFile() || (size >= 0 && attributes.size() != size)) {
        Files.delete(file);
        return Optional.empty();
      }
      Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
      return Optional.of(file);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw StorageFailure.of("use the image cache", e);
    }
  }

  /**
   * Content that is small; empty when it is not there, not what it must be, or not small.
   *
   * @param limit the most bytes that are read
   */
  Optional<byte[]> read(OciDigest digest, int limit, Operation operation) {
    try (KeyedLocks.Held held = lock(digest, operation)) {
      Optional<Path> file = find(digest, -1);
      if (file.isEmpty() || Files.size(file.get()) > limit) {
        return Optional.empty();
      }
      byte[] content = Files.readAllBytes(file.get());
      if (!OciDigest.of(content).equals(digest)) {
        Files.delete(file.get());
        return Optional.empty();
      }
      return Optional.of(content);
    } catch (IOException e) {
      throw StorageFailure.of("use the image cache", e);
    }
  }

  /** Adds content that is small and has the digest. */
  void put(OciDigest digest, byte[] content, Operation operation) {
    try (KeyedLocks.Held held = lock(digest, operation)) {
      if (find(digest, content.length).isPresent()) {
        return;
      }
      try (PartialBlob blob = open(digest, operation)) {
        blob.restart();
        blob.write(ByteBuffer.wrap(content));
        blob.publish(digest, content.length);
      }
    } catch (IOException e) {
      throw StorageFailure.of("write to the image cache", e);
    }
  }

  /** Opens what has come of a blob; to be called under its lock. */
  PartialBlob open(OciDigest digest, Operation operation) throws IOException {
    return new PartialBlob(partials.resolve(digest.hex() + PARTIAL), file(digest), operation);
  }

  /** How much of a blob has come, in bytes. */
  long begun(OciDigest digest) {
    try {
      return attributes(partials.resolve(digest.hex() + PARTIAL)).size();
    } catch (IOException e) {
      return 0; // nothing that could be gone on with
    }
  }

  /** How many bytes this user may still write. */
  long freeBytes() {
    try {
      return Files.getFileStore(blobs).getUsableSpace();
    } catch (IOException e) {
      throw StorageFailure.of("measure the free space of the image cache", e);
    }
  }

  private static Optional<CachedBlob> describe(OciDigest digest, boolean complete, Path file) {
    try {
      BasicFileAttributes attributes = attributes(file);
      return attributes.isRegularFile()
          ? Optional.of(
              new CachedBlob(
                  digest,
                  complete,
                  attributes.size(),
                  attributes.lastModifiedTime().toInstant(),
                  file))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // it was removed while we looked
    }
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private static List<Path> filesIn(Path directory) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(files::add);
    } catch (DirectoryIteratorException e) {
      throw StorageFailure.of("list the image cache", e.getCause());
    } catch (IOException e) {
      throw StorageFailure.of("list the image cache", e);
    }
    return files;
  }

  /** Keeps blobs from being pruned. */
  public final class Hold implements AutoCloseable {
    private final Instant since;

    private Hold(Instant since) {
      this.since = since;
    }

    @Override
    public void close() {
      holds.remove(this);
    }
  }
}
