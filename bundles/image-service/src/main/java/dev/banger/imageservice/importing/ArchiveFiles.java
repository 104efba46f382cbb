// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import dev.banger.error.ErrorCode;
import dev.banger.imageservice.layers.BoundedTar;
import dev.banger.imageservice.storage.ContentStream;
import dev.banger.operation.Operation;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The files of an archive of a container image, read where they lie in it: none is unpacked, so
 * that no name in it is one of this host.
 */
final class ArchiveFiles implements ContainerFiles {
  /** An image has at most 127 layers, old archives four files for each. */
  private static final int MOST_FILES = 10_000;

  private static final int MOST_LINKS = 8;

  /** What Docker, Podman, skopeo, umoci, BuildKit, Bazel, jib and ko put at the top of one. */
  private static final Pattern NAMES =
      Pattern.compile(
          "|manifest\\.json|index\\.json|oci-layout|repositories|config\\.json|blobs(/.*)?"
              + "|(sha256:)?[0-9a-f]{64}(\\.json|\\.tar(\\.gz)?|/.*)?");

  private final Path archive;
  private final Map<String, Place> files;

  /** Where a file's bytes are, or the name that a link leads to. */
  private record Place(long offset, long size, String link) {}

  private ArchiveFiles(Path archive, Map<String, Place> files) {
    this.archive = archive;
    this.files = files;
  }

  /** The same files in the same bytes elsewhere. */
  ArchiveFiles in(Path copy) {
    return new ArchiveFiles(copy, files);
  }

  /**
   * Looks through a tar.
   *
   * @param tar its uncompressed bytes, of which no more is read than it takes to know what it is
   * @param archive the file that has them
   * @param largest how many bytes there may be
   * @return nothing when it is no archive of a container image
   * @throws dev.banger.error.BangerException CORRUPT; OPERATION_FAILED beyond a limit; how the
   *     operation ended
   */
  static Optional<ArchiveFiles> read(
      InputStream tar, Path archive, long largest, Operation operation) {
    Refusal refusal = new Refusal(archive);
    Position position = new Position(tar, largest, refusal, operation);
    Map<String, Place> files = new HashMap<>();
    try {
      BoundedTar entries = new BoundedTar(position, StandardCharsets.UTF_8);
      for (TarArchiveEntry entry = entries.advance(); entry != null; entry = entries.advance()) {
        String name = plainName(entry.getName());
        if (!NAMES.matcher(name).matches()) {
          return Optional.empty();
        }
        if (files.size() == MOST_FILES) {
          throw refusal.damaged("it has more than " + MOST_FILES + " files", null);
        }
        Optional<Place> place = place(entry, name, position.bytes);
        if (place.isPresent() && files.put(name, place.get()) != null) {
          throw refusal.damaged("it holds " + name + " twice", null);
        }
      }
    } catch (IOException e) {
      throw refusal.damaged("its tar cannot be read: " + e.getMessage(), e);
    }
    return files.containsKey(SavedImage.DOCKER) || files.containsKey(SavedImage.INDEX)
        ? Optional.of(new ArchiveFiles(archive, files))
        : Optional.empty();
  }

  private static Optional<Place> place(TarArchiveEntry entry, String name, long position) {
    return switch (entry.getLinkFlag()) {
      case TarConstants.LF_OLDNORM, TarConstants.LF_NORMAL ->
          Optional.of(new Place(position, entry.getSize(), null));
      case TarConstants.LF_LINK -> Optional.of(new Place(0, 0, plainName(entry.getLinkName())));
      case TarConstants.LF_SYMLINK ->
          Optional.of(new Place(0, 0, beside(name, entry.getLinkName())));
      default -> Optional.empty();
    };
  }

  /** What a symbolic link means, if it stays in the archive; else a name that is not there. */
  private static String beside(String name, String target) {
    Path path = Path.of("/" + name).resolveSibling(target.replace('\0', '?')).normalize();
    return path.toString().substring(1);
  }

  private static String plainName(String name) {
    String plain = name.startsWith("./") ? name.substring(2) : name;
    return plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain;
  }

  @Override
  public Optional<Blob> find(String name) {
    Place place = files.get(plainName(name));
    for (int links = 0; place != null && place.link() != null; links++) {
      if (links == MOST_LINKS) {
        throw new Refusal(archive).damaged("its links go round in circles", null);
      }
      place = files.get(place.link());
    }
    return Optional.ofNullable(place).map(found -> new Slice(archive, found));
  }

  private record Slice(Path archive, Place place) implements Blob {
    @Override
    public long size() {
      return place.size();
    }

    @Override
    public InputStream open() throws IOException {
      FileChannel file = FileChannel.open(archive).position(place.offset());
      return new ContentStream(
          Channels.newInputStream(file), place.size(), new Refusal(archive)::damaged);
    }
  }

  /** Knows how far the tar was read, and how far it may be. */
  private static final class Position extends FilterInputStream {
    private final long largest;
    private final Refusal refusal;
    private final Operation operation;
    private long bytes;

    Position(InputStream in, long largest, Refusal refusal, Operation operation) {
      super(in);
      this.largest = largest;
      this.refusal = refusal;
      this.operation = operation;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = in.read(target, offset, length);
      advance(Math.max(0, count));
      return count;
    }

    @Override
    public long skip(long wanted) throws IOException {
      long count = in.skip(wanted);
      advance(count);
      return count;
    }

    private void advance(long count) {
      operation.check();
      bytes += count;
      if (bytes > largest) {
        throw refusal.of(
            ErrorCode.OPERATION_FAILED,
            "it unpacks to more than "
                + largest
                + " bytes; if you trust it, raise largestContent in dev.banger.image.cfg",
            null);
      }
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
