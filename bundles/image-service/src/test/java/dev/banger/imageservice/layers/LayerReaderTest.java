// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.luben.zstd.Zstd;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.ext4.Ext4Options;
import dev.banger.operation.Operation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Layers come compressed, and are what their digests say or nothing. */
class LayerReaderTest extends LayeredImageFixture {

  private static final byte[] TAR = tar().file("a", "x".repeat(300_000)).file("b", "1").end();

  private static byte[] compress(Compression compression, byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (compression) {
      case NONE -> out.write(bytes);
      case ZSTD -> out.write(Zstd.compress(bytes));
      case GZIP, DETECTED -> write(new GZIPOutputStream(out), bytes);
      case XZ -> write(new XZCompressorOutputStream(out), bytes);
      case BZIP2 -> write(new BZip2CompressorOutputStream(out), bytes);
    }
    return out.toByteArray();
  }

  private static void write(OutputStream compressor, byte[] bytes) throws IOException {
    try (compressor) {
      compressor.write(bytes);
    }
  }

  private static LayerDigest digest(byte[] bytes) throws NoSuchAlgorithmException {
    byte[] value = MessageDigest.getInstance("SHA-256").digest(bytes);
    return LayerDigest.parse("sha256:" + HexFormat.of().formatHex(value));
  }

  private static Layer layer(byte[] bytes, Compression compression) {
    return Layer.of(() -> new ByteArrayInputStream(bytes), compression);
  }

  private BangerException refusal(Layer layer) {
    Path file = file();
    BangerException refusal =
        catchThrowableOfType(
            BangerException.class,
            () -> LayeredImage.of(SMALL).write(List.of(layer), file, Operation.background()));
    assertThat(refusal).as("a refusal").isNotNull();
    assertThat(refusal.code()).isEqualTo(ErrorCode.CORRUPT);
    assertThat(refusal).hasMessageContaining("layer 1 of 1");
    assertThat(file).doesNotExist();
    return refusal;
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void each_compression_is_undone_and_known_by_its_first_bytes(Compression compression)
      throws Exception {
    byte[] compressed = compress(compression, TAR);
    Layer known =
        layer(compressed, compression).withDiffId(digest(TAR)).withDigest(digest(compressed));
    assertThat(cat(image(LayeredImage.of(SMALL), List.of(known)), "/b")).isEqualTo("1");
    Layer detected = layer(compressed, Compression.DETECTED);
    assertThat(cat(image(LayeredImage.of(SMALL), List.of(detected)), "/b")).isEqualTo("1");
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"GZIP", "ZSTD", "XZ", "BZIP2"})
  void what_is_cut_or_goes_on_is_refused(Compression compression) throws Exception {
    byte[] compressed = compress(compression, TAR);
    refusal(layer(Arrays.copyOf(compressed, compressed.length / 2), compression));
    refusal(layer(Arrays.copyOf(compressed, compressed.length - 1), compression));
    refusal(layer(new byte[0], compression));
    byte[] longer = Arrays.copyOf(compressed, compressed.length + 7);
    Arrays.fill(longer, compressed.length, longer.length, (byte) 'g');
    refusal(layer(longer, compression));
    ByteArrayOutputStream parts = new ByteArrayOutputStream();
    parts.write(compress(compression, Arrays.copyOf(TAR, 1000)));
    parts.write(compress(compression, Arrays.copyOfRange(TAR, 1000, TAR.length)));
    Layer joined = layer(parts.toByteArray(), compression).withDiffId(digest(TAR));
    image(LayeredImage.of(SMALL), List.of(joined));
  }

  @Test
  void a_layer_that_is_not_what_its_digest_says_is_refused() throws Exception {
    byte[] compressed = compress(Compression.GZIP, TAR);
    Layer layer = layer(compressed, Compression.GZIP);
    assertThat(refusal(layer.withDiffId(digest(compressed))))
        .hasMessageContaining("uncompressed bytes are " + digest(TAR));
    assertThat(refusal(layer.withDigest(digest(TAR))))
        .hasMessageContaining("should be " + digest(TAR));
  }

  @Test
  void bytes_after_the_end_of_the_archive_count_for_the_digest() throws Exception {
    byte[] longer = Arrays.copyOf(TAR, TAR.length + 100_000);
    longer[longer.length - 1] = 1;
    image(
        LayeredImage.of(SMALL),
        List.of(layer(longer, Compression.NONE).withDiffId(digest(longer))));
    refusal(layer(longer, Compression.NONE).withDiffId(digest(TAR)));
  }

  @Test
  void a_bomb_is_refused_while_it_is_read() throws Exception {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bomb)) {
      out.write(tar().header('0', "zeros", "", 1L << 32, 0644).soFar());
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 64; i++) {
        out.write(zeros);
      }
    }
    LayeredImage writer = LayeredImage.of(SMALL).limitedTo(LayerLimits.DEFAULT.withBytes(32 * MIB));
    Layer layer = layer(bomb.toByteArray(), Compression.GZIP);
    assertThatThrownBy(() -> writer.write(List.of(layer), file(), Operation.background()))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining((32 * MIB) + " bytes");
  }

  @Test
  void digests_have_a_form() {
    assertThatThrownBy(() -> LayerDigest.parse("md5:00")).isInstanceOf(BangerException.class);
    assertThatThrownBy(() -> LayerDigest.parse("sha256:ABC")).isInstanceOf(BangerException.class);
    String sha512 = "sha512:" + "0".repeat(128);
    assertThat(LayerDigest.parse(sha512)).hasToString(sha512);
  }

  @Test
  void a_source_that_fails_is_no_fault_of_the_layer() {
    Path file = file();
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("the disk is gone");
          }
        };
    for (Compression compression : Compression.values()) {
      Layer layer = Layer.of(() -> broken, compression);
      assertThatThrownBy(
              () -> LayeredImage.of(SMALL).write(List.of(layer), file, Operation.background()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the disk is gone");
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void a_file_that_is_there_is_left_alone() throws IOException {
    Path image = image(TAR);
    assertThatThrownBy(
            () -> LayeredImage.of(SMALL).write(layers(TAR), image, Operation.background()))
        .isInstanceOf(java.nio.file.FileAlreadyExistsException.class);
    assertThat(image).exists();
  }

  @Test
  void a_stalled_source_does_not_keep_a_cancelled_operation() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    InputStream stalled =
        new InputStream() {
          @Override
          public int read() throws IOException {
            asked.countDown();
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              ended.countDown();
              throw new IOException(e);
            }
            return -1;
          }
        };
    Operation operation = Operation.background();
    Thread canceller =
        new Thread(
            () -> {
              try {
                asked.await();
                operation.cancel("no longer wanted");
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    canceller.start();
    Path file = file();
    Layer layer = Layer.of(() -> stalled, Compression.NONE);
    assertThatThrownBy(() -> LayeredImage.of(SMALL).write(List.of(layer), file, operation))
        .hasMessage("no longer wanted");
    ended.await();
    canceller.join();
    assertThat(file).doesNotExist();
  }

  @Test
  void memory_does_not_grow_with_the_layers() throws IOException {
    long length = 3L * Runtime.getRuntime().maxMemory() / 2;
    byte[] noise = new byte[1 << 20];
    new Random(3).nextBytes(noise);
    long mebibytes = Math.min(length >> 20, 1500);
    // The same name again and again: what is replaced frees its blocks.
    byte[] header = tar().header('0', "large", "", 64 * MIB, 0644).soFar();
    Layer.Source source =
        () ->
            new InputStream() {
              private long at;

              @Override
              public int read() {
                throw new UnsupportedOperationException();
              }

              @Override
              public int read(byte[] target, int offset, int count) {
                long period = header.length + 64 * MIB;
                if (at >= mebibytes / 64 * period) {
                  return -1;
                }
                int within = (int) (at % period);
                boolean inHeader = within < header.length;
                byte[] from = inHeader ? header : noise;
                int start = inHeader ? within : (within - header.length) % noise.length;
                int most = inHeader ? header.length - within : (int) (period - within);
                int given = Math.min(Math.min(count, from.length - start), most);
                System.arraycopy(from, start, target, offset, given);
                at += given;
                return given;
              }
            };
    Ext4Options options = LayeredImage.options(200 * MIB, "m").journalBlocks(0).sync(false).build();
    Path file = file();
    System.gc();
    long before = usedMemory();
    WrittenImage written =
        LayeredImage.of(options)
            .with(
                image -> {
                  System.gc();
                  assertThat(usedMemory() - before).isLessThan(24 * MIB);
                })
            .write(List.of(Layer.of(source, Compression.NONE)), file, Operation.background());
    assertThat(written.entries()).isEqualTo(mebibytes / 64);
    HostTool.assertConsistent(file);
  }

  private static long usedMemory() {
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
