// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.HostCommands;
import dev.banger.image.ImageConfig;
import dev.banger.image.ImportImage;
import dev.banger.imageservice.ContainerConfig;
import dev.banger.imageservice.ImageConfiguration;
import dev.banger.imageservice.ImageRecipe;
import dev.banger.imageservice.ImageSettings;
import dev.banger.imageservice.ImageSize;
import dev.banger.imageservice.WorkingDirectory;
import dev.banger.imageservice.layers.Compression;
import dev.banger.imageservice.layers.Layer;
import dev.banger.imageservice.layers.LayerLimits;
import dev.banger.imageservice.layers.LayeredImage;
import dev.banger.imageservice.storage.ContentStream;
import dev.banger.imageservice.storage.DiskUsage;
import dev.banger.imageservice.storage.Ext4Superblock;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.RegistryName;
import dev.banger.imageservice.storage.SparseCopy;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Makes images of files and directories of this host. Safe for use by many threads. */
@Component(service = ImageImporter.class)
public final class ImageImporter {
  private static final String UNKNOWN = "unknown";
  private static final Pattern EXTENSIONS =
      Pattern.compile("(?i)(\\.(tar|tgz|txz|tbz2?|tzst|gz|xz|zst|bz2|img|raw|qcow2|ext4|oci))+$");

  private final ImageSettings settings;
  private final HostCommands commands;

  @Activate
  public ImageImporter(@Reference ImageSettings settings, @Reference HostCommands commands) {
    this.settings = settings;
    this.commands = commands;
  }

  /**
   * How to make the image that a request asks for; its content is not looked at yet.
   *
   * @throws BangerException BAD_REQUEST; NOT_FOUND
   */
  public ImageRecipe recipe(ImportImage request) {
    return recipe(request, ImageConfig.NONE);
  }

  /**
   * How to make the image that a request asks for; its content is not looked at yet.
   *
   * @param config how its maker wants processes to be started, when the content does not say
   * @throws BangerException BAD_REQUEST; NOT_FOUND
   */
  public ImageRecipe recipe(ImportImage request, ImageConfig config) {
    Path path = request.path();
    if (path == null || !path.isAbsolute()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "what is imported must be given by its absolute path");
    }
    if (!Files.exists(path)) {
      throw new BangerException(ErrorCode.NOT_FOUND, "there is no file " + path);
    }
    Long size = request.sizeBytes();
    return new Recipe(
        path.normalize(), size == null ? null : ImageSize.of(size, settings.now()), config);
  }

  private final class Recipe implements ImageRecipe {
    private final Path path;
    private final Long wantedSize;
    private final ImageConfig unlessGiven;
    private final Refusal refusal;

    private Recipe(Path path, Long wantedSize, ImageConfig unlessGiven) {
      this.path = path;
      this.wantedSize = wantedSize;
      this.unlessGiven = unlessGiven;
      this.refusal = new Refusal(path);
    }

    @Override
    public String name() {
      Path last = path.getFileName();
      String text = last == null ? "" : EXTENSIONS.matcher(last.toString()).replaceFirst("");
      return RegistryName.resembling(text);
    }

    @Override
    public String origin() {
      return "import:" + path;
    }

    @Override
    public Contents make(Path rootfs, Operation operation) throws IOException {
      operation.progress().stage("image_import", "looking at " + path);
      Path scratch = PrivateFiles.createDirectory(rootfs.resolveSibling("tmp"));
      Contents contents = make(rootfs, scratch, operation);
      TreeRemoval.remove(scratch);
      return contents;
    }

    private Contents make(Path rootfs, Path scratch, Operation operation) throws IOException {
      return switch (FileKind.of(path, refusal)) {
        case DIRECTORY -> saved(new DirectoryFiles(path), rootfs, operation);
        case TAR -> tar(rootfs, scratch, operation);
        case EXT4 -> {
          try (FileChannel disk = FileChannel.open(path)) {
            yield fileSystem(disk, whole(disk), rootfs, operation);
          }
        }
        case DISK -> disk(path, rootfs, operation);
        case QCOW2 -> {
          Path raw = scratch.resolve("disk.raw");
          new QcowDisk(path, commands).unpack(raw, largest(), operation);
          yield disk(raw, rootfs, operation);
        }
      };
    }

    private long largest() {
      return ImageSize.parse(settings.now().largestContent());
    }

    private Contents tar(Path rootfs, Path scratch, Operation operation) throws IOException {
      Optional<ArchiveFiles> archive;
      boolean packed = FileKind.isPacked(path);
      try (InputStream in = unpacked()) {
        archive = ArchiveFiles.read(in, path, largest(), operation);
      }
      if (archive.isEmpty()) {
        Layer layer = Layer.of(() -> Files.newInputStream(path), Compression.DETECTED);
        return layers(
            List.of(layer), UUID.randomUUID().toString(), null, unlessGiven, rootfs, operation);
      }
      if (!packed) {
        return saved(archive.get(), rootfs, operation);
      }
      Path copy = scratch.resolve("archive.tar");
      try (InputStream in = unpacked()) {
        SparseCopy.copy(in, -1, copy, operation);
      }
      return saved(archive.get().in(copy), rootfs, operation);
    }

    private InputStream unpacked() throws IOException {
      return Compression.DETECTED.decompress(Files.newInputStream(path));
    }

    private Contents saved(ContainerFiles files, Path rootfs, Operation operation)
        throws IOException {
      SavedImage image = SavedImage.find(files, refusal);
      return layers(
          image.layers(),
          image.digest().toString(),
          image.digest().toString(),
          ContainerConfig.of(image.config()),
          rootfs,
          operation);
    }

    private Contents layers(
        List<Layer> layers,
        String seed,
        String digest,
        ImageConfig config,
        Path rootfs,
        Operation operation)
        throws IOException {
      long size = ImageSize.of(wantedSize, settings.now());
      LayeredImage.of(LayeredImage.options(size, seed).build())
          .limitedTo(LayerLimits.DEFAULT.withBytes(largest()))
          .with(WorkingDirectory.of(config.workingDirectory()))
          .write(layers, rootfs, operation);
      return contents(rootfs, digest, config, operation);
    }

    private Contents disk(Path file, Path rootfs, Operation operation) throws IOException {
      try (FileChannel disk = FileChannel.open(file)) {
        Optional<List<Partition>> partitions = PartitionTable.read(disk, refusal);
        RootPartition root =
            partitions.isPresent()
                ? RootPartition.choose(disk, partitions.get(), refusal)
                : whole(disk);
        return fileSystem(disk, root, rootfs, operation);
      }
    }

    private RootPartition whole(FileChannel disk) throws IOException {
      long size =
          Ext4Superblock.read(disk, 0)
              .orElseThrow(
                  () -> refusal.unfit("its disk has neither partitions nor an ext4 file system"))
              .sizeBytes();
      if (size > disk.size()) {
        throw refusal.damaged("its file system is cut off", null);
      }
      return new RootPartition(0, size);
    }

    private Contents fileSystem(
        FileChannel disk, RootPartition root, Path rootfs, Operation operation) throws IOException {
      long size = wantedSize == null ? root.sizeBytes() : wantedSize;
      if (size < root.sizeBytes()) {
        throw refusal.unfit(
            "its file system has %d MiB and cannot be made smaller"
                .formatted(root.sizeBytes() >> 20));
      }
      if (root.sizeBytes() > largest()) {
        throw refusal.of(
            ErrorCode.OPERATION_FAILED,
            "its file system has %d MiB; if you trust it, raise largestContent in %s.cfg"
                .formatted(root.sizeBytes() >> 20, ImageConfiguration.PID),
            null);
      }
      InputStream content = Channels.newInputStream(disk.position(root.offset()));
      SparseCopy.copy(
          new ContentStream(content, root.sizeBytes(), refusal::damaged),
          root.sizeBytes(),
          rootfs,
          operation);
      if (size > root.sizeBytes()) {
        try (RandomAccessFile file = new RandomAccessFile(rootfs.toFile(), "rw")) {
          file.setLength(size);
        }
      }
      return contents(rootfs, null, unlessGiven, operation);
    }

    private Contents contents(Path rootfs, String digest, ImageConfig config, Operation operation)
        throws IOException {
      return new Contents(
          UNKNOWN,
          UNKNOWN,
          null,
          Files.size(rootfs),
          DiskUsage.of(rootfs, commands, operation),
          digest,
          config);
    }
  }
}
