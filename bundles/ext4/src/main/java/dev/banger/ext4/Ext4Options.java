// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Objects;

/** What an image is to be like, apart from its entries. Immutable. */
public final class Ext4Options {
  /** The smallest image, 1 MiB: below that the metadata leaves no room worth having. */
  public static final long MIN_SIZE = 1L << 20;

  /** The largest image, 16 TiB: the resize inode's block numbers have 32 bits. */
  public static final long MAX_SIZE = 1L << 44;

  private static final long TIB = 1L << 40;

  /** s_volume_name; ext4 documentation, "Super Block". */
  private static final int MAX_LABEL_LENGTH = 16;

  private final Builder values;

  private Ext4Options(Builder values) {
    this.values = values;
  }

  /**
   * Starts options for an image of a size.
   *
   * @param sizeBytes the size of the image file in bytes, a multiple of 4096 from {@link #MIN_SIZE}
   *     to {@link #MAX_SIZE}; the file is sparse. As with mke2fs, a last block group too small for
   *     its own metadata is left out of the file system
   * @return a builder with defaults for everything else
   * @throws IllegalArgumentException if the size is not one of these
   */
  public static Builder ofSize(long sizeBytes) {
    if (sizeBytes < MIN_SIZE || sizeBytes > MAX_SIZE || sizeBytes % Geometry.BLOCK_SIZE != 0) {
      throw new IllegalArgumentException("image size " + sizeBytes);
    }
    return new Builder(sizeBytes);
  }

  /**
   * Returns the size of the image in bytes.
   *
   * @return the size
   */
  public long sizeBytes() {
    return values.sizeBytes;
  }

  /**
   * Returns how many names deep a path may be.
   *
   * @return the limit
   */
  public int maxDepth() {
    return values.maxDepth;
  }

  byte[] label() {
    return values.label;
  }

  byte[] seed() {
    return values.seed;
  }

  Instant timestamp() {
    return values.timestamp;
  }

  /** The number of inodes wanted; the layout rounds it up to whole blocks. */
  long inodes() {
    return values.inodes > 0 ? values.inodes : values.sizeBytes / values.bytesPerInode;
  }

  boolean inodesAreRequired() {
    return values.inodes > 0;
  }

  int reservedPercent() {
    return values.reservedPercent;
  }

  /** The journal's size in blocks; 0 for none. */
  int journalBlocks(long fileSystemBlocks) {
    return values.journalBlocks >= 0
        ? values.journalBlocks
        : Journal.defaultBlocks(fileSystemBlocks);
  }

  /**
   * The size that the resize inode is laid out for. mke2fs takes 1024 times the size; the TiB keeps
   * the reserved descriptor blocks of a small image small. The kernel grows past it all the same,
   * by turning to meta_bg.
   */
  long growthLimit() {
    long limit = values.growthLimit;
    if (limit < 0) {
      long wide = Math.min(values.sizeBytes, MAX_SIZE / 1024) * 1024;
      limit = Math.min(wide, Math.max(TIB, 2 * values.sizeBytes));
    }
    return Math.max(values.sizeBytes, Math.min(limit, MAX_SIZE));
  }

  boolean zeroBlocksAsHoles() {
    return values.zeroBlocksAsHoles;
  }

  boolean sync() {
    return values.sync;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private final long sizeBytes;
    private byte[] label = {};
    private byte[] seed = {};
    private Instant timestamp = Instant.EPOCH;
    private long inodes;
    // mke2fs.conf: inode_ratio = 16384
    private int bytesPerInode = 16384;
    private int reservedPercent;
    private int journalBlocks = -1;
    private long growthLimit = -1;
    private boolean zeroBlocksAsHoles = true;
    // PATH_MAX is 4096, so a path that a system call takes has at most 2048 names.
    private int maxDepth = 2048;
    private boolean sync = true;

    private Builder(long sizeBytes) {
      this.sizeBytes = sizeBytes;
    }

    private Builder(Builder other) {
      sizeBytes = other.sizeBytes;
      label = other.label;
      seed = other.seed;
      timestamp = other.timestamp;
      inodes = other.inodes;
      bytesPerInode = other.bytesPerInode;
      reservedPercent = other.reservedPercent;
      journalBlocks = other.journalBlocks;
      growthLimit = other.growthLimit;
      zeroBlocksAsHoles = other.zeroBlocksAsHoles;
      maxDepth = other.maxDepth;
      sync = other.sync;
    }

    /**
     * Sets the volume label; empty by default.
     *
     * @param label at most 16 bytes in UTF-8
     * @return this
     * @throws IllegalArgumentException if it is longer
     */
    public Builder label(String label) {
      byte[] bytes = label.getBytes(UTF_8);
      if (bytes.length > MAX_LABEL_LENGTH) {
        throw new IllegalArgumentException("label of " + bytes.length + " bytes");
      }
      this.label = bytes;
      return this;
    }

    /**
     * Sets what the UUID and the directory hash seed are derived from; empty by default.
     *
     * @param seed any bytes, such as the digest of the content
     * @return this
     */
    public Builder seed(byte[] seed) {
      this.seed = seed.clone();
      return this;
    }

    /**
     * Sets the time of the file system's creation, of the root until the root is written, of
     * lost+found and of parents that no entry names; the epoch by default.
     *
     * @param timestamp the time
     * @return this
     */
    public Builder timestamp(Instant timestamp) {
      this.timestamp = Objects.requireNonNull(timestamp);
      return this;
    }

    /**
     * Sets how many inodes there must be at least, instead of a number from the size. Ten are the
     * file system's own and one is lost+found's.
     *
     * @param inodes the number, at least 16
     * @return this
     * @throws IllegalArgumentException if it is less
     */
    public Builder inodes(long inodes) {
      if (inodes < 16) {
        throw new IllegalArgumentException(inodes + " inodes");
      }
      this.inodes = inodes;
      return this;
    }

    /**
     * Sets for how many bytes of the image there is one inode; 16384 by default. The layout has at
     * most one for 4096 bytes.
     *
     * @param bytes the number of bytes, at least 4096
     * @return this
     * @throws IllegalArgumentException if it is less
     */
    public Builder bytesPerInode(int bytes) {
      if (bytes < Geometry.BLOCK_SIZE) {
        throw new IllegalArgumentException(bytes + " bytes per inode");
      }
      bytesPerInode = bytes;
      return this;
    }

    /**
     * Sets the part of the blocks that only root may use once the image runs; 0 by default. The
     * writer itself may fill them.
     *
     * @param percent 0 to 50
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder reservedPercent(int percent) {
      if (percent < 0 || percent > 50) {
        throw new IllegalArgumentException(percent + " % reserved");
      }
      reservedPercent = percent;
      return this;
    }

    /**
     * Sets the journal's size, instead of one from the image's size as mke2fs has it.
     *
     * @param blocks 0 for no journal, or 1024 to 10240000 blocks of 4096 bytes
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder journalBlocks(int blocks) {
      if (blocks != 0 && (blocks < Journal.MIN_BLOCKS || blocks > Journal.MAX_BLOCKS)) {
        throw new IllegalArgumentException("journal of " + blocks + " blocks");
      }
      journalBlocks = blocks;
      return this;
    }

    /**
     * Sets the size up to which the file system can grow with its first layout of descriptors; by
     * default 1024 times the image's size, but no more than 1 TiB or twice the size. 0 makes no
     * provision.
     *
     * @param bytes the size, 0 to {@link #MAX_SIZE}
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder growthLimit(long bytes) {
      if (bytes < 0 || bytes > MAX_SIZE) {
        throw new IllegalArgumentException("growth limit " + bytes);
      }
      growthLimit = bytes;
      return this;
    }

    /**
     * Sets whether blocks of zeros in files become holes; they do by default.
     *
     * @param holes whether to leave them out
     * @return this
     */
    public Builder zeroBlocksAsHoles(boolean holes) {
      zeroBlocksAsHoles = holes;
      return this;
    }

    /**
     * Sets how many names deep a path may be; 2048 by default.
     *
     * @param names the limit, at least 1
     * @return this
     * @throws IllegalArgumentException if it is less
     */
    public Builder maxDepth(int names) {
      if (names < 1) {
        throw new IllegalArgumentException("maximum depth " + names);
      }
      maxDepth = names;
      return this;
    }

    /**
     * Sets whether {@link Ext4ImageWriter#finish()} waits until the image is on the medium; it does
     * by default.
     *
     * @param sync whether to wait
     * @return this
     */
    public Builder sync(boolean sync) {
      this.sync = sync;
      return this;
    }

    /**
     * Makes the options.
     *
     * @return the options
     */
    public Ext4Options build() {
      return new Ext4Options(new Builder(this));
    }
  }
}
