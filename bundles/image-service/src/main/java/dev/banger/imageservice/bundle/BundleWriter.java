// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.bundle;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.Image;
import dev.banger.image.ImageBundle;
import dev.banger.imageservice.storage.ContentStream;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.operation.Operation;
import dev.banger.wire.Json;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorOutputStream;

/** Writes images as bundles. Safe for use by many threads. */
public final class BundleWriter {
  private static final int LEVEL = 3;
  private static final int MOST_WORKERS = 8;
  private static final int STEP = 1 << 20;
  private static final int PREFIX = 12;

  private final Json json;

  public BundleWriter(Json json) {
    this.json = json;
  }

  /**
   * Writes a bundle under a hidden name, syncs it and gives it its own.
   *
   * @param directory absolute path of a directory that is there
   * @throws BangerException as {@link dev.banger.image.ImageService#makeBundle} does
   */
  public ImageBundle write(Image image, Path directory, Operation operation) {
    if (directory == null || !directory.isAbsolute()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "the directory of the bundle must be an absolute path");
    }
    if (!Files.isDirectory(directory)) {
      throw new BangerException(ErrorCode.NOT_FOUND, "there is no directory " + directory);
    }
    Path partial = directory.resolve("." + image.name() + "." + operation.id() + ".partial");
    try {
      return write(image, directory, partial, operation);
    } catch (IOException e) {
      throw removed(partial, StorageFailure.of("write a bundle of " + image.name(), e));
    } catch (RuntimeException e) {
      throw removed(partial, e);
    }
  }

  private static <T extends Exception> T removed(Path partial, T failure) {
    try {
      Files.deleteIfExists(partial);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }

  private ImageBundle write(Image image, Path directory, Path partial, Operation operation)
      throws IOException {
    MessageDigest digest = FileDigest.newSha256();
    try (InputStream rootfs = open(image);
        OutputStream file = PrivateFiles.create(partial);
        OutputStream packed = new BufferedOutputStream(new DigestOutputStream(file, digest), STEP);
        OutputStream tar = compressed(packed)) {
      pack(image, rootfs, tar, operation);
    }
    PrivateFiles.sync(partial);
    operation.check();
    String sha256 = HexFormat.of().formatHex(digest.digest());
    long size = Files.size(partial);
    Path bundle = directory.resolve(BundleName.of(image, sha256.substring(0, PREFIX)));
    Files.move(partial, bundle, StandardCopyOption.ATOMIC_MOVE);
    PrivateFiles.sync(directory);
    return new ImageBundle(bundle, sha256, size);
  }

  private static OutputStream compressed(OutputStream out) throws IOException {
    return ZstdCompressorOutputStream.builder()
        .setOutputStream(out)
        .setLevel(LEVEL)
        .setChecksum(true)
        .setWorkers(Math.min(MOST_WORKERS, Runtime.getRuntime().availableProcessors()))
        .get();
  }

  private static InputStream open(Image image) throws IOException {
    try {
      return Files.newInputStream(image.rootfs());
    } catch (NoSuchFileException e) {
      throw damaged(image, "is not there", e);
    }
  }

  private void pack(Image image, InputStream rootfs, OutputStream tar, Operation operation)
      throws IOException {
    long size = image.sizeBytes();
    MessageDigest digest = FileDigest.newSha256();
    BundleTar.writeHeader(BundleReader.ROOTFS, size, tar);
    InputStream content =
        new ContentStream(rootfs, size, (why, cause) -> damaged(image, why, cause));
    copy(new DigestInputStream(content, digest), size, tar, operation);
    if (rootfs.read() >= 0) {
      throw damaged(image, "is larger than its record says", null);
    }
    BundleTar.writePadding(size, tar);
    String sha256 = HexFormat.of().formatHex(digest.digest());
    byte[] manifest = json.writePretty(BundleManifest.of(image, size, sha256)).getBytes(UTF_8);
    BundleTar.writeHeader(BundleReader.MANIFEST, manifest.length, tar);
    tar.write(manifest);
    BundleTar.writePadding(manifest.length, tar);
    BundleTar.writeEnd(tar);
  }

  private static void copy(InputStream content, long size, OutputStream tar, Operation operation)
      throws IOException {
    byte[] buffer = new byte[STEP];
    long done = 0;
    for (int length = content.readNBytes(buffer, 0, STEP);
        length > 0;
        length = content.readNBytes(buffer, 0, STEP)) {
      operation.check();
      tar.write(buffer, 0, length);
      done += length;
      operation.progress().bytes("image_bundle", "packing the image", done, size);
    }
  }

  private static BangerException damaged(Image image, String why, Exception cause) {
    return new BangerException(
        ErrorCode.CORRUPT,
        "image \"%s\" is damaged: %s %s; delete it and pull it again"
            .formatted(image.name(), image.rootfs(), why),
        cause);
  }
}
