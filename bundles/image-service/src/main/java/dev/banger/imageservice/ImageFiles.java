// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.Image;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The images' directories: {@code <id>/} with the root file system, its work seed and the record,
 * and {@code .staging-<id>/} while one is made. In a published directory nothing is written again:
 * the seed and the record are replaced as a whole.
 */
final class ImageFiles {
  static final String ROOTFS = "rootfs.ext4";
  static final String WORK_SEED = "work-seed.ext4";
  private static final String RECORD = "image.json";
  private static final String STAGING = ".staging-";
  private static final String FRESH = ".new";

  private final Path root;
  private final Json json;

  ImageFiles(Path root, Json json) {
    this.root = root;
    this.json = json;
  }

  Path stage(String id) throws IOException {
    PrivateFiles.createDirectories(root);
    return PrivateFiles.createDirectory(root.resolve(STAGING + id));
  }

  Path directory(String id) {
    return root.resolve(id);
  }

  /** Makes all that was staged last, and writes the record beside it. */
  void seal(Path staging, Image image) throws IOException {
    PrivateFiles.sync(staging.resolve(ROOTFS));
    Path record = staging.resolve(RECORD);
    PrivateFiles.write(record, json.writePretty(image).getBytes(StandardCharsets.UTF_8));
    PrivateFiles.sync(record);
    PrivateFiles.sync(staging);
  }

  /** Brings the record of a published image up to date. */
  void record(Image image) throws IOException {
    Path record = directory(image.id()).resolve(RECORD);
    Path fresh = record.resolveSibling(RECORD + FRESH);
    Files.deleteIfExists(fresh);
    PrivateFiles.write(fresh, json.writePretty(image).getBytes(StandardCharsets.UTF_8));
    PrivateFiles.sync(fresh);
    Files.move(fresh, record, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Where the work seed of a published image is. */
  Path workSeed(String id) {
    return directory(id).resolve(WORK_SEED);
  }

  /** Where another work seed of a published image is written; nothing is there yet. */
  Path freshWorkSeed(String id) throws IOException {
    Path fresh = directory(id).resolve(WORK_SEED + FRESH);
    Files.deleteIfExists(fresh);
    return fresh;
  }

  /**
   * Puts a work seed, which was synced, in the place of the one before; who reads that keeps it.
   */
  void replaceWorkSeed(String id, Path fresh) throws IOException {
    Files.move(fresh, workSeed(id), StandardCopyOption.ATOMIC_MOVE);
    PrivateFiles.sync(directory(id));
  }

  void publish(Path staging, String id) throws IOException {
    Files.move(staging, directory(id), StandardCopyOption.ATOMIC_MOVE);
    PrivateFiles.sync(root);
  }

  void remove(String id) throws IOException {
    TreeRemoval.remove(directory(id));
  }

  /** Removes what was left by work that did not end. */
  void sweep() throws IOException {
    for (Path directory : entries(STAGING + "*")) {
      TreeRemoval.remove(directory);
    }
    for (Path directory : entries("[0-9a-f]*")) {
      Path fresh = directory.resolve(WORK_SEED + FRESH);
      if (Files.exists(fresh, LinkOption.NOFOLLOW_LINKS)) {
        Files.delete(fresh);
      }
    }
  }

  /**
   * The records of the published directories; a directory whose record cannot be read is left out.
   */
  List<Image> published() throws IOException {
    List<Image> images = new ArrayList<>();
    for (Path directory : entries("[0-9a-f]*")) {
      try {
        images.add(json.read(Files.readString(directory.resolve(RECORD)), Image.class));
      } catch (IOException | BangerException e) {
        continue; // not one of ours, or damaged: nothing that may be deleted
      }
    }
    return images;
  }

  /** The published directories that belong to none of the images. */
  List<Path> strays(List<Image> images) throws IOException {
    List<Path> owned =
        images.stream()
            .filter(image -> !image.unmanaged())
            .map(image -> directory(image.id()))
            .toList();
    return entries("[0-9a-f]*").stream().filter(each -> !owned.contains(each)).toList();
  }

  /**
   * Returns when an image's file is whole.
   *
   * @throws BangerException CORRUPT
   */
  static Image requireWhole(Image image) {
    String what;
    try {
      long size = Files.size(image.rootfs());
      if (size == image.sizeBytes()) {
        return image;
      }
      what = "has " + size + " bytes instead of " + image.sizeBytes();
    } catch (IOException e) {
      what = "cannot be read (" + e.getClass().getSimpleName() + ")";
    }
    throw new BangerException(
        ErrorCode.CORRUPT,
        "image \"%s\" is damaged: %s %s; delete it with \"banger image delete %s\" and pull it again"
            .formatted(image.name(), image.rootfs(), what, image.name()));
  }

  private List<Path> entries(String glob) throws IOException {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(root, glob)) {
      directories.forEach(found::add);
    }
    return found;
  }
}
