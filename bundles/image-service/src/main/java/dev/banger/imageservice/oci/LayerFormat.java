// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.layers.Compression;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/** Which layers are accepted, by what they are called and by what they are. */
final class LayerFormat {
  /** How much of a layer's beginning tells what it is: one block of a tar. */
  static final int HEAD = 512;

  // OCI image specification, media-types.md; Docker image manifest version 2, schema 2.
  private static final Set<String> PLAIN =
      Set.of(
          "application/vnd.oci.image.layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar");
  private static final Set<String> PACKED =
      Set.of(
          "application/vnd.oci.image.layer.v1.tar+gzip",
          "application/vnd.oci.image.layer.v1.tar+zstd",
          "application/vnd.docker.image.rootfs.diff.tar.gzip",
          "application/vnd.docker.image.rootfs.diff.tar.zstd");
  private static final int GZIP_MAGIC = 0x8b1f; // RFC 1952, 2.3.1
  private static final int ZSTD_MAGIC = 0xfd2fb528; // RFC 8878, 3.1.1
  private static final int ZSTD_SKIPPABLE = 0x184d2a50; // RFC 8878, 3.1.2; the last 4 bits vary
  private static final int TAR_MAGIC_OFFSET = 257; // POSIX.1-1988, ustar

  private LayerFormat() {}

  /**
   * Refuses layers that cannot be used, before they are fetched.
   *
   * @param what names the layer, for messages
   * @throws BangerException OPERATION_FAILED
   */
  static void check(String mediaType, String what) {
    if (PLAIN.contains(mediaType) || PACKED.contains(mediaType)) {
      return;
    }
    String why = "is of the type " + Quoted.of(mediaType) + ", which is not supported";
    if (mediaType.contains("nondistributable") || mediaType.contains("foreign")) {
      why = "is not distributable: its maker keeps it out of registries, so it cannot be pulled";
    } else if (mediaType.endsWith("+encrypted")) {
      why = "is encrypted; banger holds no keys";
    }
    throw new BangerException(ErrorCode.OPERATION_FAILED, what + " " + why);
  }

  /**
   * How a layer is packed: what its bytes say, whatever it is called.
   *
   * @param head its first {@link #HEAD} bytes, or all when it has fewer
   * @throws BangerException OPERATION_FAILED when it is called packed and is nothing known
   */
  static Compression of(byte[] head, String mediaType, String what) {
    Optional<Compression> packed = byMagic(head);
    if (packed.isPresent()) {
      return packed.get();
    }
    if (PACKED.contains(mediaType) && !isTar(head)) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "%s is neither gzip nor zstd nor tar, though it is called %s".formatted(what, mediaType));
    }
    return Compression.NONE;
  }

  private static Optional<Compression> byMagic(byte[] head) {
    if (head.length < Integer.BYTES) {
      return Optional.empty();
    }
    int first = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if ((first & 0xffff) == GZIP_MAGIC) {
      return Optional.of(Compression.GZIP);
    }
    boolean zstd = first == ZSTD_MAGIC || (first & ~0xf) == ZSTD_SKIPPABLE;
    return zstd ? Optional.of(Compression.ZSTD) : Optional.empty();
  }

  private static boolean isTar(byte[] head) {
    return head.length == HEAD
        && (new String(head, TAR_MAGIC_OFFSET, 5, StandardCharsets.US_ASCII).equals("ustar")
            || java.util.Arrays.equals(head, new byte[HEAD]));
  }
}
