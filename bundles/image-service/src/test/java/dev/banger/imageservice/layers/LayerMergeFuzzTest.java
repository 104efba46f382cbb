// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.ext4.Ext4Options;
import dev.banger.operation.Operation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Whatever a layer holds, it becomes a consistent image or is refused in words. The build tries the
 * inputs kept beside; {@code JAZZER_FUZZ=1 mvn test -Dtest=LayerMergeFuzzTest} looks for more.
 */
class LayerMergeFuzzTest {
  private static final boolean CHECKED = HostTool.exists("e2fsck");

  private static final Set<ErrorCode> REFUSALS =
      Set.of(ErrorCode.CORRUPT, ErrorCode.NO_SPACE, ErrorCode.OPERATION_FAILED);

  private static final byte[] LOWER =
      new TarBytes()
          .directory("d/")
          .file("d/f", "1")
          .hardLink("h", "d/f")
          .symlink("l", "d")
          .symlink("loop", "loop")
          .file("e/x/y", "2")
          .end();

  private static final Ext4Options OPTIONS =
      LayeredImage.options(2L << 20, "fuzz").journalBlocks(0).inodes(64).sync(false).build();

  private static final LayerLimits LIMITS = new LayerLimits(4L << 20, 1000, 100);

  @FuzzTest(maxDuration = "5m")
  void any_layer_becomes_a_consistent_image_or_is_refused(byte[] data) throws IOException {
    repairChecksums(data);
    Path image = Files.createTempFile("fuzz", ".ext4");
    Files.delete(image);
    List<Layer> layers =
        List.of(
            Layer.of(() -> new ByteArrayInputStream(LOWER), Compression.NONE),
            Layer.of(() -> new ByteArrayInputStream(data), Compression.DETECTED));
    try {
      LayeredImage.of(OPTIONS).limitedTo(LIMITS).write(layers, image, Operation.background());
      if (CHECKED) {
        HostTool.assertConsistent(image);
      }
    } catch (BangerException e) {
      assertThat(REFUSALS).contains(e.code());
      assertThat(e.getMessage()).startsWith("layer 2 of 2").doesNotContain("\n");
      assertThat(image).doesNotExist();
    } finally {
      Files.deleteIfExists(image);
    }
  }

  /** A checksum would stop nearly all inputs at their first header. */
  private static void repairChecksums(byte[] data) {
    byte[] magic = "ustar".getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at + TarBytes.RECORD <= data.length; at += TarBytes.RECORD) {
      if (Arrays.equals(data, at + 257, at + 262, magic, 0, magic.length)) {
        byte[] header = Arrays.copyOfRange(data, at, at + TarBytes.RECORD);
        System.arraycopy(TarBytes.withChecksum(header), 0, data, at, TarBytes.RECORD);
      }
    }
  }
}
