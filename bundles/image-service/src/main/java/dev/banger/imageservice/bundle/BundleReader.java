// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.bundle;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.ImageConfiguration;
import dev.banger.imageservice.storage.Ext4Superblock;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.SparseCopy;
import dev.banger.operation.Operation;
import dev.banger.wire.Json;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;

/** Unpacks a bundle in one pass, and trusts nothing of it before the digests are right. */
final class BundleReader {
  static final String ROOTFS = "rootfs.ext4";
  static final String MANIFEST = "manifest.json";
  private static final Set<String> NAMES = Set.of(MANIFEST, ROOTFS);
  private static final int LARGEST_MANIFEST = 1 << 20;
  private static final int BUFFER = 1 << 16;

  private final Json json;
  private final long largest;

  /**
   * @param largest how many bytes the root file system may have
   */
  BundleReader(Json json, long largest) {
    this.json = json;
    this.largest = largest;
  }

  /**
   * Writes the root file system of a bundle, with holes where it is zero.
   *
   * @param bundle read to its end and not closed
   * @param sha256 what all its bytes must have, or empty
   * @param rootfs where nothing is yet; after a failure it may be there in part
   * @throws BangerException CORRUPT; OPERATION_FAILED beyond the limit; whatever the stream throws
   * @throws IOException when the root file system cannot be written
   */
  BundleManifest read(InputStream bundle, Optional<String> sha256, Path rootfs, Operation operation)
      throws IOException {
    MessageDigest packed = FileDigest.newSha256();
    InputStream digested = new DigestInputStream(new Packed(bundle), packed);
    Contents contents = new Contents(rootfs, operation);
    BundleTar tar = new BundleTar(unpacked(digested), NAMES);
    for (Optional<BundleTar.Entry> entry = tar.next(); entry.isPresent(); entry = tar.next()) {
      contents.take(entry.get());
    }
    requireNothingLeft(digested);
    requireDigest("the file", sha256, packed);
    return contents.verified();
  }

  private static InputStream unpacked(InputStream bundle) {
    try {
      return new ZstdCompressorInputStream(new BufferedInputStream(bundle, BUFFER));
    } catch (IOException e) {
      throw BundleTar.refused("it cannot be unpacked: " + e.getMessage(), e);
    }
  }

  private static void requireNothingLeft(InputStream digested) {
    try {
      if (digested.transferTo(OutputStream.nullOutputStream()) > 0) {
        throw BundleTar.refused("something follows its packed content");
      }
    } catch (IOException e) {
      throw BundleTar.refused("it cannot be read: " + e.getMessage(), e);
    }
  }

  private static void requireDigest(String what, Optional<String> wanted, MessageDigest read) {
    String found = HexFormat.of().formatHex(read.digest());
    if (wanted.isPresent() && !wanted.get().equals(found)) {
      throw BundleTar.refused("the sha256 of " + what + " is " + found + ", not " + wanted.get());
    }
  }

  /** The bytes as they come: as many as the content may have, since packing never adds to it. */
  private final class Packed extends FilterInputStream {
    private long read;

    Packed(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = in.read(target, offset, length);
      read += Math.max(0, count);
      if (read > largest + LARGEST_MANIFEST) {
        throw tooLarge("is larger than " + largest + " bytes");
      }
      return count;
    }
  }

  private static BangerException tooLarge(String what) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the bundle %s; if you trust it, raise largestContent in %s.cfg"
            .formatted(what, ImageConfiguration.PID));
  }

  /** What was found so far. */
  private final class Contents {
    private final Path rootfs;
    private final Operation operation;
    private final MessageDigest digest = FileDigest.newSha256();
    private BundleManifest manifest;
    private long size;

    Contents(Path rootfs, Operation operation) {
      this.rootfs = rootfs;
      this.operation = operation;
    }

    void take(BundleTar.Entry entry) throws IOException {
      if (entry.name().equals(MANIFEST)) {
        takeManifest(entry);
      } else {
        takeRootfs(entry);
      }
    }

    private void takeManifest(BundleTar.Entry entry) throws IOException {
      if (entry.size() > LARGEST_MANIFEST) {
        throw BundleTar.refused("its manifest.json is larger than " + LARGEST_MANIFEST + " bytes");
      }
      String text = new String(entry.content().readAllBytes(), StandardCharsets.UTF_8);
      manifest = BundleManifest.parse(text, json);
    }

    private void takeRootfs(BundleTar.Entry entry) throws IOException {
      if (entry.size() > largest) {
        throw tooLarge(
            "has a root file system of %d bytes, more than the %d allowed"
                .formatted(entry.size(), largest));
      }
      size = entry.size();
      SparseCopy.copy(
          new DigestInputStream(entry.content(), digest), entry.size(), rootfs, operation);
    }

    BundleManifest verified() throws IOException {
      if (size != manifest.sizeBytes()) {
        throw BundleTar.refused(
            ROOTFS + " has " + size + " bytes, the manifest says " + manifest.sizeBytes());
      }
      requireDigest(ROOTFS, Optional.of(manifest.sha256()), digest);
      try (FileChannel file = FileChannel.open(rootfs)) {
        Optional<Ext4Superblock> found = Ext4Superblock.read(file, 0);
        if (found.isEmpty() || found.get().sizeBytes() > size) {
          throw BundleTar.refused(ROOTFS + " is no ext4 file system of its size");
        }
      }
      return manifest;
    }
  }
}
