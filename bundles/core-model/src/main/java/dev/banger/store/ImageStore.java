// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.store;

import dev.banger.error.BangerException;
import dev.banger.image.Image;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Durable records of images. Every method is one short transaction, and may be called by many
 * threads.
 */
@ProviderType
public interface ImageStore {
  /** All images, oldest first. */
  List<Image> list();

  /** The image of an exact id. */
  Optional<Image> findById(String id);

  /** The image of an exact name. */
  Optional<Image> findByName(String name);

  /**
   * Inserts a record.
   *
   * @throws BangerException ALREADY_EXISTS when the name or id is taken
   */
  void insert(Image image);

  /**
   * Replaces the record of the image's id.
   *
   * @throws BangerException NOT_FOUND when there is none; ALREADY_EXISTS when its name is taken by
   *     another image
   */
  void update(Image image);

  /**
   * Replaces the record of the image's id, which no machine uses.
   *
   * @throws BangerException as {@link #update} does; IN_USE when machines use the image; the
   *     message names them
   */
  void replaceUnused(Image image);

  /**
   * Deletes the record of an id; none there: nothing happens.
   *
   * @throws BangerException IN_USE when machines use the image; the message names them
   */
  void delete(String id);
}
