// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdUtils;
import org.tukaani.xz.XZInputStream;

/**
 * A kernel as distributions ship it for x86: a bzImage, whose payload is the compressed ELF kernel.
 * The layout is that of the Linux kernel's Documentation/arch/x86/boot.rst.
 */
public final class KernelImage {
  private static final int BOOT_FLAG = 0x1fe;
  private static final int SETUP_SECTORS = 0x1f1;
  private static final int HEADER_MAGIC = 0x202;
  private static final int PROTOCOL = 0x206;
  private static final int PAYLOAD_OFFSET = 0x248;
  private static final int PAYLOAD_LENGTH = 0x24c;
  private static final int SECTOR = 512;

  /** The first protocol whose header tells where the payload is. */
  private static final int PAYLOAD_PROTOCOL = 0x0208;

  /** Far more than any kernel; bounds what a damaged or hostile one can make us write. */
  private static final long MAX_SIZE = 1L << 30;

  /** Linux packs itself with dictionaries of up to 128 MiB (scripts/xz_wrap.sh). */
  private static final int XZ_MEMORY_KIB = 256 << 10;

  private final byte[] payload;
  private final long size;

  private KernelImage(byte[] payload, long size) {
    this.payload = payload;
    this.size = size;
  }

  /**
   * An image whose content is at hand.
   *
   * @throws IOException when it is none, or truncated
   */
  public static KernelImage of(byte[] content) throws IOException {
    ByteBuffer image = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    if (content.length < PAYLOAD_LENGTH + 4
        || Short.toUnsignedInt(image.getShort(BOOT_FLAG)) != 0xaa55
        || image.getInt(HEADER_MAGIC) != 0x53726448
        || Short.toUnsignedInt(image.getShort(PROTOCOL)) < PAYLOAD_PROTOCOL) {
      throw new IOException("not an x86 kernel image (bzImage) of boot protocol 2.08 or newer");
    }
    int sectors = Byte.toUnsignedInt(image.get(SETUP_SECTORS));
    // 0 means 4, for images older than the field.
    long start =
        (sectors == 0 ? 4 + 1 : sectors + 1) * (long) SECTOR
            + Integer.toUnsignedLong(image.getInt(PAYLOAD_OFFSET));
    long length = Integer.toUnsignedLong(image.getInt(PAYLOAD_LENGTH));
    if (length < 8 || start + length > content.length) {
      throw new IOException("the kernel image is truncated");
    }
    // The build appends the size of what was compressed.
    int end = (int) (start + length);
    long size = Integer.toUnsignedLong(image.getInt(end - 4));
    if (size > MAX_SIZE) {
      throw new IOException("the kernel claims to unpack to " + size + " bytes");
    }
    return new KernelImage(Arrays.copyOfRange(content, (int) start, end), size);
  }

  /** The size that the image says the ELF kernel has, in bytes; at most 1 GiB. */
  public long size() {
    return size;
  }

  /**
   * The ELF kernel. Reading more or less than {@link #size} bytes is the reader's to notice.
   *
   * @throws IOException also when it is compressed in a way that is not known here
   */
  public InputStream open() throws IOException {
    int magic = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
    int length = payload.length;
    if (magic == LegacyLz4InputStream.MAGIC) {
      return new LegacyLz4InputStream(payload, length - 4);
    }
    if ((magic & 0xffff) == 0x8b1f) {
      // gzip has the size at its end anyway, so the build appends none.
      return new GZIPInputStream(new ByteArrayInputStream(payload, 0, length));
    }
    InputStream compressed = new ByteArrayInputStream(payload, 0, length - 4);
    if (magic == 0x587a37fd) {
      return new XZInputStream(compressed, XZ_MEMORY_KIB);
    }
    if (magic == 0xfd2fb528 && ZstdUtils.isZstdCompressionAvailable()) {
      return new ZstdCompressorInputStream(compressed);
    }
    throw new IOException(
        String.format("the kernel is compressed in an unknown way (magic %08x)", magic));
  }
}
