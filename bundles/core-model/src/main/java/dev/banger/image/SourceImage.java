// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.osgi.annotation.versioning.ConsumerType;

/** An image that an {@link ImageSource} has. */
@ConsumerType
public interface SourceImage {
  /**
   * What the image is called when the person does not say; characters that a name cannot have are
   * replaced.
   */
  String name();

  /**
   * Where the image comes from, for its record. The same place MUST always have the same words: an
   * image of that name and origin that is here already is not fetched again.
   */
  String origin();

  /**
   * Fetches the content.
   *
   * @param directory an empty directory (0700) for whatever is written meanwhile; it is removed
   *     afterwards, whatever happens
   * @param operation ends when nobody wants the image any more
   * @throws dev.banger.error.BangerException NOT_FOUND, UNAUTHORIZED, UNAVAILABLE, CANCELLED …: the
   *     pull fails with it, and nothing is left
   * @throws IOException when a file cannot be read or written
   */
  Content fetch(Path directory, Operation operation) throws IOException;

  /**
   * What was fetched. It is taken for hostile: read within bounds, never run.
   *
   * @param path absolute path, below the directory or elsewhere, of what {@link
   *     ImageService#importImage} takes: a root file system's tar, packed or not; an archive or a
   *     directory of a container image; an ext4 file system or a disk. It is not changed
   * @param config how processes of it are to be started, when the content itself does not say
   */
  record Content(Path path, ImageConfig config) {
    public Content {
      Objects.requireNonNull(path);
      Objects.requireNonNull(config);
    }

    /** Content whose maker wants nothing. */
    public static Content of(Path path) {
      return new Content(path, ImageConfig.NONE);
    }
  }
}
