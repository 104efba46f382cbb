// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.banger.imageservice.kernel.KernelSamples;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Small Debian packages. */
final class PackageSamples {
  static final byte[] BUSYBOX = KernelSamples.vmlinux();

  private PackageSamples() {}

  /** A package with one kernel and three modules, one of them compressed. */
  static byte[] kernel(String version) throws IOException {
    String modules = "./usr/lib/modules/" + version + "/kernel/drivers/";
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("./boot/System.map-" + version, "map".getBytes(US_ASCII));
    files.put("./boot/vmlinuz-" + version, vmlinuz());
    files.put(modules + "virtio_blk.ko", KernelSamples.module("virtio_blk", "virtio"));
    files.put(modules + "virtio.ko.xz", xz(KernelSamples.module("virtio")));
    files.put(modules + "unused.ko", KernelSamples.module("unused"));
    return deb("data.tar.xz", xz(tar(files)));
  }

  static byte[] busybox() throws IOException {
    return deb("data.tar.gz", gzip(tar(Map.of("./bin/busybox", BUSYBOX))));
  }

  /** A package of the ssh server, whose files have the names that Debian gives them. */
  static byte[] sshServer(String name) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    String libraries = "./usr/lib/x86_64-linux-gnu/";
    switch (name) {
      case "dropbear-bin" -> files.put("./usr/sbin/dropbear", BUSYBOX);
      case "libc6" -> {
        files.put("./lib/x86_64-linux-gnu/libc.so.6", BUSYBOX);
        files.put("./lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", BUSYBOX);
        files.put("./lib/x86_64-linux-gnu/libm.so.6", BUSYBOX);
      }
      case "libcrypt1" -> files.put("./lib/x86_64-linux-gnu/libcrypt.so.1.1.0", BUSYBOX);
      case "libgmp10" -> files.put(libraries + "libgmp.so.10.4.1", BUSYBOX);
      case "libtomcrypt1" -> files.put(libraries + "libtomcrypt.so.1.0.1", BUSYBOX);
      case "libtommath1" -> files.put(libraries + "libtommath.so.1.2.0", BUSYBOX);
      case "zlib1g" -> files.put("./lib/x86_64-linux-gnu/libz.so.1.2.13", BUSYBOX);
      default -> throw new IllegalArgumentException(name);
    }
    return deb("data.tar.xz", xz(tar(files)));
  }

  static byte[] vmlinuz() throws IOException {
    return KernelSamples.bzImage(gzip(KernelSamples.vmlinux()));
  }

  static byte[] deb(String dataName, byte[] data) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ArArchiveOutputStream ar = new ArArchiveOutputStream(bytes)) {
      member(ar, "debian-binary", "2.0\n".getBytes(US_ASCII));
      member(ar, "control.tar.gz", gzip(tar(Map.of("./control", new byte[0]))));
      member(ar, dataName, data);
    }
    return bytes.toByteArray();
  }

  private static void member(ArArchiveOutputStream ar, String name, byte[] content)
      throws IOException {
    ar.putArchiveEntry(new ArArchiveEntry(name, content.length));
    ar.write(content);
    ar.closeArchiveEntry();
  }

  static byte[] tar(Map<String, byte[]> files) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(file.getKey(), true);
        entry.setSize(file.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(file.getValue());
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  static byte[] xz(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (XZOutputStream out = new XZOutputStream(bytes, new LZMA2Options(0))) {
      out.write(content);
    }
    return bytes.toByteArray();
  }
}
