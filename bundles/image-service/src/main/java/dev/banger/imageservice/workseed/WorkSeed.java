// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

import dev.banger.ext4.DataRange;
import dev.banger.ext4.Ext4Exception;
import dev.banger.ext4.Ext4FileType;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Metadata;
import dev.banger.ext4.Ext4Options;
import dev.banger.ext4.Ext4Path;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes the work seed of a root file system: an ext4 file whose root directory is what is in /root,
 * a home nested in it flattened. It is read where it lies, by this program: nothing is mounted,
 * unpacked or run. The same root file system gives the same bytes. One without /root gives a seed
 * with nothing in it.
 */
public final class WorkSeed {
  private static final long MIB = 1L << 20;

  /** A work disk that nobody asks to be larger has some room, and the seed takes none for it. */
  private static final long SMALLEST = 512 * MIB;

  /** For the journal, the tables and what is written first. */
  private static final long ROOM = 64 * MIB;

  private static final int BLOCK = 4096;

  /** As mke2fs.conf has it. */
  private static final int BYTES_PER_INODE = 16384;

  private static final int OWN_INODES = 1024;
  private static final int ROOT_ONLY = 0700;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private WorkSeed() {}

  /**
   * Writes a seed and makes it last.
   *
   * @param rootfs a root file system of the ext family, which nobody writes meanwhile
   * @param seed where there is nothing yet; after a failure there is nothing again
   * @throws UnfitFileSystemException when the root file system is damaged or not understood
   * @throws dev.banger.error.BangerException how the operation ended
   * @throws FileAlreadyExistsException if there is something
   * @throws IOException when a file cannot be read or written
   */
  public static void write(Path rootfs, Path seed, Operation operation) throws IOException {
    try {
      copy(rootfs, seed, operation);
    } catch (Ext4Exception e) {
      throw new UnfitFileSystemException(
          "has something in /root that cannot be copied: " + e.getMessage(), e);
    }
  }

  private static void copy(Path rootfs, Path seed, Operation operation) throws IOException {
    try (FileChannel file = FileChannel.open(rootfs)) {
      Ext4Volume volume = Ext4Volume.open(file);
      Optional<HomeDirectory> home = HomeDirectory.find(volume);
      Instant time = volume.node(Ext4Volume.ROOT).metadata().mtime();
      Measure measure = new Measure(volume);
      if (home.isPresent()) {
        home.get().walk(measure, operation);
      }
      // Known beforehand, so that a failure removes nobody else's file.
      if (Files.exists(seed, LinkOption.NOFOLLOW_LINKS)) {
        throw new FileAlreadyExistsException(seed.toString());
      }
      boolean whole = false;
      try (Ext4ImageWriter image = Ext4ImageWriter.create(seed, measure.options(time))) {
        Files.setPosixFilePermissions(seed, OWNER_ONLY);
        if (home.isPresent()) {
          home.get().walk(new Copy(image, operation), operation);
        } else {
          image.directory(Ext4Path.ROOT, Ext4Metadata.of(ROOT_ONLY, 0, 0, time));
        }
        operation.check();
        image.finish();
        whole = true;
      } finally {
        if (!whole) {
          Files.deleteIfExists(seed);
        }
      }
    }
  }

  /** Adds up what a home will take. */
  private static final class Measure implements HomeDirectory.Visitor {
    private final Ext4Volume volume;
    private final Set<Long> linked = new HashSet<>();
    private long entries;
    private long bytes;
    private long data;

    Measure(Ext4Volume volume) {
      this.volume = volume;
    }

    @Override
    public void visit(Ext4Path path, Ext4Node node) throws IOException {
      entries++;
      // One block for its name, its attributes, its target.
      bytes += BLOCK;
      boolean counted = node.links() > 1 && !node.isDirectory() && !linked.add(node.number());
      if (!counted && (node.type() == Ext4FileType.FILE || node.isDirectory())) {
        for (BlockRun run : node.runs()) {
          bytes += (run.length() + BLOCK - 1) / BLOCK * BLOCK;
          data += run.length();
        }
      }
      if (data > volume.sizeBytes()) {
        // Blocks that belong to many files.
        throw new UnfitFileSystemException("is damaged: /root has more data than the whole");
      }
    }

    /**
     * @param time of what no entry names
     */
    Ext4Options options(Instant time) {
      long wanted = Math.max(SMALLEST, bytes + bytes / 2 + ROOM);
      long size = (wanted + MIB - 1) / MIB * MIB;
      return Ext4Options.ofSize(size)
          .seed(volume.uuid())
          .timestamp(time)
          .inodes(Math.max(size / BYTES_PER_INODE, entries + entries / 4 + OWN_INODES))
          .build();
    }
  }

  /** Writes what is seen into an image. */
  private static final class Copy implements HomeDirectory.Visitor {
    private final Ext4ImageWriter image;
    private final Operation operation;

    /** The first names of inodes that have several. */
    private final Map<Long, Ext4Path> linked = new HashMap<>();

    Copy(Ext4ImageWriter image, Operation operation) {
      this.image = image;
      this.operation = operation;
    }

    @Override
    public void visit(Ext4Path path, Ext4Node node) throws IOException {
      if (node.isDirectory()) {
        image.directory(path, node.metadata());
        return;
      }
      Ext4Path first = node.links() > 1 ? linked.putIfAbsent(node.number(), path) : null;
      if (first != null) {
        image.hardLink(path, first);
        return;
      }
      switch (node.type()) {
        case FILE -> file(path, node);
        case SYMLINK -> image.symlink(path, node.metadata(), node.target());
        case CHARACTER_DEVICE, BLOCK_DEVICE ->
            image.special(path, node.metadata(), node.type(), node.major(), node.minor());
        default -> image.special(path, node.metadata(), node.type(), 0, 0);
      }
    }

    private void file(Ext4Path path, Ext4Node node) throws IOException {
      List<BlockRun> runs = node.runs();
      List<DataRange> ranges =
          runs.stream().map(run -> new DataRange(run.offset(), run.length())).toList();
      image.sparseFile(
          path,
          node.metadata(),
          node.size(),
          ranges,
          new RunsInputStream(node.volume(), runs, operation));
    }
  }
}
