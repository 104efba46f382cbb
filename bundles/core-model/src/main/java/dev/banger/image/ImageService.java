// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
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
   * The image of a reference, pulled first when it is not here but in the catalog.
   *
   * @param reference a reference, or null for the configured default image
   * @throws BangerException NOT_FOUND, HOST_UNFIT, NO_SPACE, OPERATION_FAILED, CANCELLED
   */
  Image resolve(String reference, Operation operation);

  /**
   * Makes the image of a catalog name here. Present already: returned as it is.
   *
   * @throws BangerException NOT_FOUND when the catalog has no such name; HOST_UNFIT, NO_SPACE,
   *     OPERATION_FAILED, CANCELLED, after which nothing is left
   */
  Image pull(String catalogName, Operation operation);

  /**
   * Deletes an image and its files.
   *
   * @throws BangerException IN_USE while machines use it, naming them
   */
  void delete(String reference, Operation operation);
}
