// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.HostCommands;
import dev.banger.image.Image;
import dev.banger.imageservice.storage.DiskUsage;
import dev.banger.imageservice.workseed.UnfitFileSystemException;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The work seeds beside images' root file systems. */
final class WorkSeeds {
  private static final Logger LOG = LoggerFactory.getLogger(WorkSeeds.class);
  private static final String STAGE = "work_seed";

  /**
   * Makes the work seed of a root file system: {@link dev.banger.imageservice.workseed.WorkSeed}.
   */
  @FunctionalInterface
  interface Maker {
    void write(Path rootfs, Path seed, Operation operation) throws IOException;
  }

  private final ImageFiles files;
  private final Maker maker;
  private final HostCommands commands;

  WorkSeeds(ImageFiles files, Maker maker, HostCommands commands) {
    this.files = files;
    this.maker = maker;
    this.commands = commands;
  }

  /**
   * Makes the seed of an image that is staged.
   *
   * @return the image with it, or without it when its file system does not allow one, which the
   *     progress and the log tell
   * @throws BangerException how the operation ended
   * @throws IOException when it cannot be written
   */
  Image add(Image image, Path staging, Operation operation) throws IOException {
    operation.progress().stage(STAGE, "making the work seed");
    Path seed = staging.resolve(ImageFiles.WORK_SEED);
    try {
      maker.write(staging.resolve(ImageFiles.ROOTFS), seed, operation);
    } catch (UnfitFileSystemException e) {
      String what =
          "image \"%s\" comes without a work seed: its file system %s"
              .formatted(image.name(), e.getMessage());
      operation.progress().stage(STAGE, what);
      LOG.warn("{}", what);
      return image;
    }
    return image.seeded(
        files.workSeed(image.id()),
        image.allocatedBytes() + DiskUsage.of(seed, commands, operation));
  }

  /**
   * Makes the seed of a published image anew. Until the new one is whole the old one stays.
   *
   * @throws BangerException CORRUPT when its file system does not allow one; how the operation
   *     ended
   * @throws IOException when it cannot be written
   */
  Image renew(Image image, Operation operation) throws IOException {
    operation.progress().stage(STAGE, "making the work seed");
    Path fresh = files.freshWorkSeed(image.id());
    try {
      maker.write(image.rootfs(), fresh, operation);
      Image renewed =
          image.seeded(
              files.workSeed(image.id()),
              DiskUsage.of(image.rootfs(), commands, operation)
                  + DiskUsage.of(fresh, commands, operation));
      operation.check();
      files.replaceWorkSeed(image.id(), fresh);
      return renewed;
    } catch (UnfitFileSystemException e) {
      throw new BangerException(
          ErrorCode.CORRUPT,
          "image \"%s\" cannot have a work seed: its file system %s"
              .formatted(image.name(), e.getMessage()),
          e);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }
}
