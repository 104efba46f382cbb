// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The file of a kernel module, which distributions compress in several ways (MODULE_COMPRESS of
 * Linux).
 *
 * @param module its name without ending
 * @param ending of the compression, such as {@code .xz}, or empty
 */
public record ModuleFile(String module, String ending) {
  private static final Pattern NAME =
      Pattern.compile("([A-Za-z0-9_-]{1,64})\\.ko(\\.xz|\\.gz|\\.zst)?");

  /** Far more than any module; bounds what is held in memory. */
  public static final int MAX_SIZE = 64 << 20;

  /** Linux packs modules with dictionaries of 2 MiB (scripts/Makefile.modinst). */
  private static final int XZ_MEMORY_KIB = 128 << 10;

  /** The module file of a name; empty when it is another file's. */
  public static Optional<ModuleFile> of(String fileName) {
    Matcher name = NAME.matcher(fileName);
    return name.matches()
        ? Optional.of(new ModuleFile(name.group(1), name.group(2) == null ? "" : name.group(2)))
        : Optional.empty();
  }

  /**
   * The module itself.
   *
   * @param content of the file, of at most {@link #MAX_SIZE} bytes
   * @throws IOException when it cannot be unpacked or is too large
   */
  public byte[] unpack(byte[] content) throws IOException {
    if (ending.isEmpty()) {
      return content;
    }
    try (InputStream in = open(new ByteArrayInputStream(content))) {
      byte[] bytes = in.readNBytes(MAX_SIZE);
      if (in.read() >= 0) {
        throw new IOException(module + " unpacks to more than " + MAX_SIZE + " bytes");
      }
      return bytes;
    }
  }

  private InputStream open(InputStream content) throws IOException {
    return switch (ending) {
      case ".xz" -> new XZInputStream(content, XZ_MEMORY_KIB);
      case ".gz" -> new GZIPInputStream(content);
      default -> new ZstdCompressorInputStream(content);
    };
  }
}
