// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The ELF kernel of a directory: how it comes there, and what its bytes tell. */
public final class Vmlinux {
  /** Far more than any kernel without debugging information. */
  private static final long MAX_SIZE = 1L << 30;

  private static final int MAX_IMAGE = 256 << 20;
  private static final int STEP = 1 << 20;

  /** The beginning of linux_banner (init/version.c of Linux). */
  private static final byte[] BANNER = "Linux version ".getBytes(US_ASCII);

  private static final Pattern RELEASE = Pattern.compile("([0-9][A-Za-z0-9._+~-]{0,63}) \\(");

  /**
   * The name of the parameter by which virtio_mmio, when it is built in with
   * CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES, is told its devices (drivers/virtio/virtio_mmio.c).
   */
  private static final byte[] DEVICE_PARAMETER = "virtio_mmio.device\0".getBytes(US_ASCII);

  private final Path file;

  private Vmlinux(Path file) {
    this.file = file;
  }

  /**
   * Writes the kernel that a bzImage holds to a directory.
   *
   * @throws IOException also when it is no kernel that a VMM can enter
   */
  public static Vmlinux unpack(byte[] bzImage, Path directory, Operation operation)
      throws IOException {
    KernelImage image = KernelImage.of(bzImage);
    Path file = directory.resolve(KernelSource.VMLINUX);
    try (InputStream in = image.open()) {
      copy(in, image.size(), file, operation);
    }
    return open(file);
  }

  /**
   * Takes a file that is a bzImage or an ELF kernel.
   *
   * @throws IOException as {@link #unpack}
   */
  static Vmlinux take(Path image, Path directory, Operation operation) throws IOException {
    long size = Files.size(image);
    if (size > MAX_SIZE) {
      throw new IOException("it has " + size + " bytes; more than any kernel");
    }
    if (!isElf(image)) {
      if (size > MAX_IMAGE) {
        throw new IOException("it has " + size + " bytes; more than any kernel image");
      }
      return unpack(Files.readAllBytes(image), directory, operation);
    }
    Path file = directory.resolve(KernelSource.VMLINUX);
    try (InputStream in = Files.newInputStream(image)) {
      copy(in, size, file, operation);
    }
    return open(file);
  }

  /**
   * A kernel that is there.
   *
   * @throws IOException when it is none that a VMM can enter
   */
  public static Vmlinux open(Path file) throws IOException {
    ElfFile.open(file).requireBootable();
    return new Vmlinux(file);
  }

  private static boolean isElf(Path image) throws IOException {
    try (InputStream in = Files.newInputStream(image)) {
      return ByteBuffer.wrap(in.readNBytes(4))
          .equals(ByteBuffer.wrap(new byte[] {127, 'E', 'L', 'F'}));
    }
  }

  private static void copy(InputStream in, long size, Path file, Operation operation)
      throws IOException {
    byte[] buffer = new byte[STEP];
    long left = size;
    try (OutputStream out = PrivateFiles.create(file)) {
      while (left > 0) {
        operation.check();
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (count < 0) {
          throw new IOException("the kernel unpacks to less than it claims");
        }
        out.write(buffer, 0, count);
        left -= count;
      }
      if (in.read() >= 0) {
        throw new IOException("the kernel unpacks to more than it claims");
      }
    }
  }

  /** What {@code uname -r} says under it; empty when the kernel does not tell. */
  public Optional<String> release() throws IOException {
    ByteBuffer content = map();
    for (int at = find(content, BANNER, 0); at >= 0; at = find(content, BANNER, at + 1)) {
      byte[] text = new byte[Math.min(80, content.limit() - at - BANNER.length)];
      content.get(at + BANNER.length, text);
      Matcher release = RELEASE.matcher(new String(text, US_ASCII));
      if (release.lookingAt()) {
        return Optional.of(release.group(1));
      }
    }
    return Optional.empty();
  }

  /**
   * Whether its command line can name the machine's devices, so that it needs no ACPI tables to
   * find them. Kernels made for that often find them in no other way.
   */
  public boolean takesDevicesByCommandLine() throws IOException {
    return find(map(), DEVICE_PARAMETER, 0) >= 0;
  }

  private ByteBuffer map() throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    }
  }

  private static int find(ByteBuffer in, byte[] wanted, int from) {
    for (int at = from; at <= in.limit() - wanted.length; at++) {
      if (in.get(at) == wanted[0] && matches(in, at, wanted)) {
        return at;
      }
    }
    return -1;
  }

  private static boolean matches(ByteBuffer in, int at, byte[] wanted) {
    for (int i = 1; i < wanted.length; i++) {
      if (in.get(at + i) != wanted[i]) {
        return false;
      }
    }
    return true;
  }
}
