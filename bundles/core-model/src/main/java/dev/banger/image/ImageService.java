// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Makes, keeps and finds images. A reference is an exact name, an exact id or an unambiguous prefix
 * of either. Every method may be called by many threads: two pulls of one name do the work once,
 * pulls of different names run side by side, and each wait is cancellable.
 */
@ProviderType
public interface ImageService {
  /** All images, oldest first. */
  List<Image> list();

  /** What can be pulled by name. */
  List<CatalogImage> catalog();

  /**
   * The image of a reference.
   *
   * @throws BangerException NOT_FOUND, or BAD_REQUEST when several match
   */
  Image find(String reference);

  /**
   * The image of a reference, pulled first when it is not here but in the catalog, or when the
   * reference is one of a registry's (it has a {@code /}, {@code :} or {@code @} in it).
   *
   * @param reference a reference, or null for the configured default image
   * @throws BangerException as {@link #find} and {@link #pull} do
   */
  Image resolve(String reference, Operation operation);

  /**
   * Brings an image here. One of that name that is here already is returned as it is when it came
   * from the same source.
   *
   * @throws BangerException BAD_REQUEST; NOT_FOUND when the source has no such image;
   *     ALREADY_EXISTS when the name is taken by an image from elsewhere; UNAUTHORIZED,
   *     UNAVAILABLE, HOST_UNFIT, NO_SPACE, CORRUPT, OPERATION_FAILED, CANCELLED, after which
   *     nothing is left
   */
  Image pull(PullImage request, Operation operation);

  /**
   * Makes an image of a file or directory of this host, whose kind is told by its content: an
   * archive or a directory of a container image, a root file system's tar, an ext4 file system, or
   * a disk with an ext4 root partition.
   *
   * @throws BangerException BAD_REQUEST when it is nothing of that; NOT_FOUND; ALREADY_EXISTS when
   *     the name is taken; HOST_UNFIT, NO_SPACE, CORRUPT, OPERATION_FAILED, CANCELLED, after which
   *     nothing is left
   */
  Image importImage(ImportImage request, Operation operation);

  /**
   * Writes an image as a bundle, {@code <name>-<architecture>-<first 12 of its sha256>.tar.zst}.
   * Nothing is left in the directory after a failure.
   *
   * @param directory absolute path of a directory that is there
   * @throws BangerException BAD_REQUEST; NOT_FOUND; CORRUPT when the image is damaged; NO_SPACE,
   *     OPERATION_FAILED, CANCELLED
   */
  ImageBundle makeBundle(String reference, Path directory, Operation operation);

  /**
   * Uses a root file system where it lies.
   *
   * @throws BangerException BAD_REQUEST when it is none; NOT_FOUND; ALREADY_EXISTS
   */
  Image register(RegisterImage request, Operation operation);

  /**
   * Copies the files of a registered image, so that it belongs to this installation, and makes its
   * work seed. One that does already is returned as it is.
   *
   * @throws BangerException IN_USE while machines use it, naming them; NO_SPACE, CANCELLED
   */
  Image promote(String reference, Operation operation);

  /**
   * Makes the work seed of an image anew from its root file system. The new one takes the place of
   * the old one as a whole; after a failure the old one is still there.
   *
   * @return the image with it
   * @throws BangerException BAD_REQUEST for a registered image, which has none before it is
   *     promoted; NOT_FOUND; CORRUPT when the image is damaged or its file system has what is not
   *     understood; NO_SPACE, OPERATION_FAILED, CANCELLED
   */
  Image refreshSeed(String reference, Operation operation);

  /**
   * Gives an image another name; machines that use it go on.
   *
   * @throws BangerException ALREADY_EXISTS when the name is taken
   */
  Image rename(String reference, String name, Operation operation);

  /** What is kept of registries' images. */
  CachedLayers cache();

  /**
   * Removes what is kept of registries' images and was not used for a time; what a pull uses just
   * now stays.
   *
   * @param unused how long at least it was not used; zero for everything
   * @param dryRun only tells what would be removed
   * @return what was removed
   */
  CachedLayers pruneCache(Duration unused, boolean dryRun, Operation operation);

  /**
   * Deletes an image, and its files unless they are a person's.
   *
   * @throws BangerException IN_USE while machines use it, naming them
   */
  void delete(String reference, Operation operation);
}
