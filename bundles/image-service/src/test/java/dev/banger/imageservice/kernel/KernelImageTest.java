// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.banger.imageservice.HostTool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorOutputStream;
import org.junit.jupiter.api.Test;

class KernelImageTest {
  private static final byte[] KERNEL = KernelSamples.vmlinux();
  private static final List<byte[]> SMALL = small();

  @Test
  void a_kernel_compressed_by_gzip_is_unpacked() throws IOException {
    assertUnpacks(HostTool.filter(KERNEL, "gzip", "-9", "-c"));
    assertUnpacks(gzipped(KERNEL));
  }

  @Test
  void a_kernel_compressed_by_xz_as_linux_does_is_unpacked() throws IOException {
    byte[] compressed =
        HostTool.filter(KERNEL, "xz", "--check=crc32", "--x86", "--lzma2=dict=128MiB", "-c");

    assertUnpacks(KernelSamples.withSize(compressed, KERNEL.length));
  }

  @Test
  void a_kernel_compressed_by_lz4_as_linux_does_is_unpacked() throws IOException {
    byte[] compressed = HostTool.filter(KERNEL, "lz4", "-l", "-9", "-c");

    assertUnpacks(KernelSamples.withSize(compressed, KERNEL.length));
  }

  @Test
  void a_kernel_compressed_by_zstd_is_unpacked() throws IOException {
    byte[] compressed = HostTool.filter(KERNEL, "zstd", "-22", "--ultra", "-c");

    assertUnpacks(KernelSamples.withSize(compressed, KERNEL.length));
  }

  @Test
  void an_xz_stream_that_wants_more_memory_than_any_kernel_is_refused() throws IOException {
    byte[] compressed = HostTool.filter(KERNEL, "xz", "--check=crc32", "--lzma2=dict=512MiB", "-c");

    KernelImage image =
        KernelImage.of(KernelSamples.bzImage(KernelSamples.withSize(compressed, KERNEL.length)));

    assertThatThrownBy(() -> readAll(image)).hasMessageContaining("memory");
  }

  @Test
  void an_unknown_compression_is_named_by_its_magic_number() throws IOException {
    byte[] bzip2 = "BZh91AY&SY....".getBytes(US_ASCII);
    KernelImage image = KernelImage.of(KernelSamples.bzImage(KernelSamples.withSize(bzip2, 10)));

    assertThatThrownBy(image::open)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("39685a42");
  }

  @Test
  void what_is_no_kernel_image_is_refused() throws IOException {
    byte[] whole = KernelSamples.bzImage(gzipped(KERNEL));
    assertThat(KernelImage.of(whole).size()).isEqualTo(KERNEL.length);

    List<UnaryOperator<byte[]>> damages =
        List.of(
            image -> new byte[0],
            image -> Arrays.copyOf(image, 0x24f),
            image -> with(image, 0x1fe, 0),
            image -> with(image, 0x202, 'X'),
            image -> with(image, 0x206, 7));
    for (UnaryOperator<byte[]> damage : damages) {
      assertThatThrownBy(() -> KernelImage.of(damage.apply(whole)))
          .hasMessageContaining("not an x86 kernel image");
    }
  }

  @Test
  void a_payload_that_is_not_wholly_there_is_refused() throws IOException {
    byte[] whole = KernelSamples.bzImage(gzipped(KERNEL));

    assertThatThrownBy(() -> KernelImage.of(Arrays.copyOf(whole, whole.length - 301)))
        .hasMessageContaining("truncated");
    assertThatThrownBy(() -> KernelImage.of(with(whole, 0x24f, 0xff)))
        .hasMessageContaining("truncated");
    assertThatThrownBy(() -> KernelImage.of(with(whole, 0x24b, 0xff)))
        .hasMessageContaining("truncated");
  }

  @Test
  void a_size_that_no_kernel_has_is_refused() throws IOException {
    byte[] payload = KernelSamples.withSize(gzipped(KERNEL), 0x4000_0001);

    assertThatThrownBy(() -> KernelImage.of(KernelSamples.bzImage(payload)))
        .hasMessageContaining("claims to unpack to 1073741825 bytes");
  }

  @Property(tries = 300)
  void a_damaged_image_gives_an_io_exception_or_bytes(
      @ForAll @IntRange(max = 2) int kind,
      @ForAll @IntRange(max = 1 << 30) int place,
      @ForAll byte value)
      throws IOException {
    byte[] image = SMALL.get(kind).clone();
    image[place % image.length] = value;

    assertThat(catchThrowable(() -> readAll(KernelImage.of(image))))
        .satisfiesAnyOf(
            thrown -> assertThat(thrown).isNull(),
            thrown -> assertThat(thrown).isInstanceOf(IOException.class));
  }

  private static List<byte[]> small() {
    byte[] content = "a kernel, a kernel, a kernel".repeat(20).getBytes(US_ASCII);
    try {
      return List.of(
          KernelSamples.bzImage(gzipped(content)),
          sized(content, XZCompressorOutputStream::new),
          sized(content, ZstdCompressorOutputStream::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] sized(byte[] content, Compressor compressor) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = compressor.to(bytes)) {
      out.write(content);
    }
    return KernelSamples.bzImage(KernelSamples.withSize(bytes.toByteArray(), content.length));
  }

  private interface Compressor {
    OutputStream to(OutputStream below) throws IOException;
  }

  private static void assertUnpacks(byte[] payload) throws IOException {
    KernelImage image = KernelImage.of(KernelSamples.bzImage(payload));
    assertThat(image.size()).isEqualTo(KERNEL.length);
    assertThat(readAll(image)).isEqualTo(KERNEL);
  }

  private static byte[] readAll(KernelImage image) throws IOException {
    try (InputStream in = image.open()) {
      return in.readAllBytes();
    }
  }

  private static byte[] gzipped(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] with(byte[] image, int place, int value) {
    byte[] changed = image.clone();
    changed[place] = (byte) value;
    return changed;
  }
}
