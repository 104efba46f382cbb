// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;

/** How a layer's tar is compressed. */
public enum Compression {
  /** Not at all. */
  NONE(""),
  /** RFC 1952; several members are one stream. */
  GZIP("1f8b"),
  /** RFC 8878; windows up to 128 MiB. */
  ZSTD("28b52ffd"),
  /** The .xz format, as far as decoding takes 128 MiB. */
  XZ("fd377a585a00"),
  /** bzip2; several streams are one. */
  BZIP2("425a68"),
  /** Whichever of the others the first bytes tell; what they do not tell is no compression. */
  DETECTED("");

  private static final int BUFFER = 1 << 16;

  /** What "xz -9" needs, twice. */
  private static final int XZ_MEMORY_KIB = 128 << 10;

  private final byte[] magic;

  Compression(String magic) {
    this.magic = HexFormat.of().parseHex(magic);
  }

  /** Returns the tar's bytes; reading them fails where the compressed ones end early or go on. */
  public InputStream decompress(InputStream source) throws IOException {
    InputStream in = new BufferedInputStream(source, BUFFER);
    Compression actual = this == DETECTED ? detect(in) : this;
    return switch (actual) {
      case GZIP ->
          GzipCompressorInputStream.builder()
              .setInputStream(in)
              .setDecompressConcatenated(true)
              .get();
      case ZSTD -> new ZstdCompressorInputStream(notEmpty(in));
      case XZ ->
          XZCompressorInputStream.builder()
              .setInputStream(in)
              .setDecompressConcatenated(true)
              .setMemoryLimitKiB(XZ_MEMORY_KIB)
              .get();
      case BZIP2 -> new BZip2CompressorInputStream(in, true);
      case NONE, DETECTED -> in;
    };
  }

  /** To the library no frame at all is an empty stream. */
  private static InputStream notEmpty(InputStream in) throws IOException {
    in.mark(1);
    if (in.read() < 0) {
      throw new EOFException("there is nothing");
    }
    in.reset();
    return in;
  }

  private static Compression detect(InputStream in) throws IOException {
    in.mark(BUFFER);
    byte[] head = in.readNBytes(XZ.magic.length);
    in.reset();
    return of(head);
  }

  /** What the first bytes tell, of which there should be six. */
  public static Compression of(byte[] head) {
    for (Compression candidate : values()) {
      byte[] magic = candidate.magic;
      if (magic.length > 0
          && head.length >= magic.length
          && Arrays.equals(head, 0, magic.length, magic, 0, magic.length)) {
        return candidate;
      }
    }
    return NONE;
  }
}
