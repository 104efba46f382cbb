// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import dev.banger.error.BangerException;
import dev.banger.ext4.Ext4Exception;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Options;
import dev.banger.ext4.Ext4Path;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Writes the layers of a container image into an ext4 image, bottom to top, in one pass and with
 * nothing in between. The same layers with the same options give the same bytes.
 *
 * <p>Layers come from outside and are hostile. Whatever their names and links say ends below the
 * image's root: absolute names count from there, names with {@code ..} are refused, symbolic links
 * among a name's parents are followed as the kernel does for a process whose root the image is.
 * Nothing of a layer touches the host but the bytes of the image; so devices are kept, they are
 * nodes to the guest alone. Extended attributes that ext4 does not store are left out.
 *
 * <p>Immutable. One may write many images at a time; each takes two threads of its own for reading
 * and some ten MiB of memory, with names of entries on top.
 */
public final class LayeredImage {
  /** Writes what an image has besides its layers. */
  @FunctionalInterface
  public interface Additions {
    /** Adds nothing. */
    Additions NONE = image -> {};

    /**
     * Writes into the image after all layers, before it is finished. Whatever it throws ends the
     * writing, with nothing left of the image.
     *
     * @param image the image; it is the caller's to finish and close
     */
    void write(Ext4ImageWriter image) throws IOException;
  }

  private final Ext4Options options;
  private final LayerLimits limits;
  private final Predicate<Ext4Path> kept;
  private final Additions additions;

  private LayeredImage(
      Ext4Options options, LayerLimits limits, Predicate<Ext4Path> kept, Additions additions) {
    this.options = Objects.requireNonNull(options);
    this.limits = Objects.requireNonNull(limits);
    this.kept = Objects.requireNonNull(kept);
    this.additions = Objects.requireNonNull(additions);
  }

  /**
   * An image like the options, with all that its layers have, up to {@link LayerLimits#DEFAULT}.
   *
   * @param options the image's size, how many inodes it has, and its seed: see {@link #options}
   */
  public static LayeredImage of(Ext4Options options) {
    return new LayeredImage(options, LayerLimits.DEFAULT, path -> true, Additions.NONE);
  }

  /**
   * Options by which the same layers always become the same bytes.
   *
   * @param sizeBytes the image's size in bytes, as {@link Ext4Options#ofSize} takes it
   * @param digest what the layers are known by, such as their manifest's digest
   * @return options to refine: one inode for 16 KiB of size, times of 1970 where layers tell none
   */
  public static Ext4Options.Builder options(long sizeBytes, String digest) {
    return Ext4Options.ofSize(sizeBytes).seed(digest.getBytes(StandardCharsets.UTF_8));
  }

  /** The same with other limits. */
  public LayeredImage limitedTo(LayerLimits others) {
    return new LayeredImage(options, others, kept, additions);
  }

  /**
   * The same without some of the layers' entries. What is below an entry left out is asked for on
   * its own; hard links to one fail. Whiteouts are not asked for.
   *
   * @param wanted whether to write the entry of a path, in which no parent is a symbolic link
   */
  public LayeredImage keeping(Predicate<Ext4Path> wanted) {
    return new LayeredImage(options, limits, wanted, additions);
  }

  /** The same with something more, written last. */
  public LayeredImage with(Additions more) {
    return new LayeredImage(options, limits, kept, more);
  }

  /**
   * Writes an image.
   *
   * @param layers from the bottom to the top; each is opened once, when those below have been read
   * @param file where there is nothing yet; after a failure there is nothing again
   * @param operation its end ends the writing
   * @return what was written
   * @throws BangerException CORRUPT when a layer is damaged, is not what its digest says or wants
   *     the impossible; OPERATION_FAILED beyond a limit; NO_SPACE when the image is too small; how
   *     the operation ended
   * @throws FileAlreadyExistsException if there is something
   * @throws IOException when a layer's source or the image's file fails
   */
  public WrittenImage write(List<Layer> layers, Path file, Operation operation) throws IOException {
    operation.check();
    List<Layer> all = List.copyOf(layers);
    Ext4ImageWriter image = create(file);
    boolean whole = false;
    try (image) {
      WrittenImage written = fill(image, all, operation);
      whole = true;
      return written;
    } catch (UncheckedIOException e) {
      throw new IOException("a layer cannot be read: " + e.getCause().getMessage(), e.getCause());
    } finally {
      if (!whole) {
        Files.deleteIfExists(file);
      }
    }
  }

  private Ext4ImageWriter create(Path file) throws IOException {
    // Known beforehand, so that a failure removes nobody else's file.
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    try {
      return Ext4ImageWriter.create(file, options);
    } catch (Ext4Exception e) {
      Files.deleteIfExists(file);
      throw LayerFault.full("", e);
    }
  }

  private WrittenImage fill(Ext4ImageWriter image, List<Layer> layers, Operation operation)
      throws IOException {
    LayerMerge merge = new LayerMerge(image, limits, kept, operation);
    try (LayerReader reader = LayerReader.start(layers, limits.bytes(), operation)) {
      for (int i = 0; i < layers.size(); i++) {
        if (layers.size() > 1) {
          operation
              .progress()
              .stage("image_layer", "writing layer " + (i + 1) + " of " + layers.size());
        }
        merge.add(reader.next(), new LayerFault(i + 1, layers.size()));
      }
    }
    try {
      additions.write(image);
      long allocated = options.sizeBytes() - image.freeBytes();
      operation.check();
      image.finish();
      return new WrittenImage(options.sizeBytes(), allocated, merge.entries());
    } catch (Ext4Exception e) {
      switch (e.reason()) {
        case NO_SPACE, NO_INODES -> throw LayerFault.full("", e);
        default -> throw e;
      }
    }
  }
}
