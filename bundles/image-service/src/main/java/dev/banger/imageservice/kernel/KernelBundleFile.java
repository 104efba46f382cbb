// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.error.BangerException;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.operation.Operation;
import dev.banger.wire.Json;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorOutputStream;

/**
 * A kernel bundle: a tar compressed by zstd that holds {@code manifest.json}, {@code vmlinux} and
 * {@code modules/*.ko}, in any order, and nothing else.
 */
final class KernelBundleFile {
  /** Far more than a kernel and its modules; bounds what a hostile bundle can make us write. */
  private static final long MAX_UNPACKED = 1L << 30;

  private static final int MAX_MANIFEST = 1 << 20;
  private static final int MAX_ENTRIES = 512;
  private static final String MODULE_PREFIX = KernelSource.MODULES + "/";
  private static final int LEVEL = 10;
  private static final int STEP = 1 << 20;

  private final Json json;
  private final long limit;

  KernelBundleFile(Json json) {
    this(json, MAX_UNPACKED);
  }

  /**
   * @param limit of what a bundle may unpack to, in bytes
   */
  KernelBundleFile(Json json, long limit) {
    this.json = json;
    this.limit = limit;
  }

  /**
   * Unpacks a bundle into a directory, which gets {@link KernelSource#VMLINUX} and {@link
   * KernelSource#MODULES}.
   *
   * @return its manifest, which is what the files are
   * @throws IOException when it is no sound bundle, or a file cannot be written
   */
  KernelBundleManifest unpack(Path bundle, Path directory, Operation operation) throws IOException {
    operation.progress().stage("kernel_unpack", "unpacking the bundle");
    PrivateFiles.createDirectory(directory.resolve(KernelSource.MODULES));
    Set<String> seen = new HashSet<>();
    byte[] manifest = null;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(bundle), STEP);
        InputStream unpacked = new Bounded(new ZstdCompressorInputStream(in), limit, operation);
        TarArchiveInputStream tar = new TarArchiveInputStream(unpacked, UTF_8.name())) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String name = require(entry, seen);
        if (name.equals(KernelBundleManifest.FILE)) {
          manifest = tar.readNBytes(MAX_MANIFEST);
        } else if (!entry.isDirectory()) {
          try (OutputStream out = PrivateFiles.create(directory.resolve(name))) {
            tar.transferTo(out);
          }
        }
      }
      // Only at its end does a compressed stream tell whether it is whole.
      unpacked.transferTo(OutputStream.nullOutputStream());
    } catch (IllegalArgumentException e) {
      throw new IOException("its archive is damaged", e);
    }
    if (manifest == null) {
      throw new IOException("it holds no " + KernelBundleManifest.FILE);
    }
    KernelBundleManifest about = parse(manifest);
    requireFiles(about, directory, seen);
    Vmlinux.open(directory.resolve(KernelSource.VMLINUX));
    return about;
  }

  /** The name of an entry that a bundle may hold: nothing else is ever made a path of. */
  private static String require(TarArchiveEntry entry, Set<String> seen) throws IOException {
    String name = entry.getName();
    byte type = entry.getLinkFlag();
    boolean plain = type == TarConstants.LF_NORMAL || type == TarConstants.LF_OLDNORM;
    boolean file =
        plain
            && (name.equals(KernelBundleManifest.FILE)
                || name.equals(KernelSource.VMLINUX)
                || isModule(name));
    boolean directory = type == TarConstants.LF_DIR && name.equals(MODULE_PREFIX);
    if (!file && !directory) {
      throw new IOException("it holds \"" + printable(name) + "\", which a bundle must not");
    }
    if (!seen.add(name) || seen.size() > MAX_ENTRIES) {
      throw new IOException("it holds " + name + " twice, or too many files");
    }
    if (name.equals(KernelBundleManifest.FILE) && entry.getSize() > MAX_MANIFEST) {
      throw new IOException("its manifest is too long");
    }
    return name;
  }

  private static boolean isModule(String name) {
    return name.startsWith(MODULE_PREFIX)
        && ModuleFile.of(name.substring(MODULE_PREFIX.length()))
            .filter(module -> module.ending().isEmpty())
            .isPresent();
  }

  private static String printable(String name) {
    String plain = name.replaceAll("[^ -~]", "?");
    return plain.length() > 100 ? plain.substring(0, 100) + "..." : plain;
  }

  private KernelBundleManifest parse(byte[] text) throws IOException {
    KernelBundleManifest manifest;
    try {
      manifest = json.read(new String(text, UTF_8), KernelBundleManifest.class);
    } catch (BangerException e) {
      throw new IOException("its manifest cannot be read: " + e.getMessage(), e);
    }
    manifest.requireSound();
    return manifest;
  }

  private static void requireFiles(KernelBundleManifest manifest, Path directory, Set<String> seen)
      throws IOException {
    Set<String> extra = new HashSet<>(seen);
    extra.removeAll(List.of(KernelBundleManifest.FILE, MODULE_PREFIX));
    requireFile(manifest.vmlinux(), KernelSource.VMLINUX, directory, extra);
    for (FileDigest module : manifest.modules()) {
      requireFile(module, MODULE_PREFIX + module.name(), directory, extra);
    }
    if (!extra.isEmpty()) {
      throw new IOException("its manifest does not name " + extra.iterator().next());
    }
  }

  private static void requireFile(
      FileDigest promised, String name, Path directory, Set<String> extra) throws IOException {
    if (!extra.remove(name)) {
      throw new IOException("it holds no " + name);
    }
    if (!FileDigest.of(directory.resolve(name)).equals(promised)) {
      throw new IOException("its " + name + " is not what its manifest says");
    }
  }

  /**
   * Writes a kernel as a bundle. The same kernel gives the same bytes.
   *
   * @param file is not there yet
   * @throws IOException when a file cannot be read or written
   */
  void write(StoredKernel kernel, Path file, Operation operation) throws IOException {
    KernelManifest from = kernel.manifest();
    KernelBundleManifest manifest =
        new KernelBundleManifest(
            KernelBundleManifest.FORM,
            from.name(),
            from.version(),
            from.architecture(),
            from.acpi(),
            from.vmlinux(),
            from.modules());
    operation.progress().stage("kernel_bundle", "writing the bundle of " + from.name());
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(
            new ZstdCompressorOutputStream(
                new BufferedOutputStream(PrivateFiles.create(file), STEP), LEVEL, false, true),
            UTF_8.name())) {
      put(tar, KernelBundleManifest.FILE, json.writePretty(manifest).getBytes(UTF_8));
      put(tar, KernelSource.VMLINUX, kernel.vmlinux(), from.vmlinux(), operation);
      for (FileDigest module : from.modules()) {
        put(tar, MODULE_PREFIX + module.name(), kernel.module(module), module, operation);
      }
    }
  }

  private static void put(TarArchiveOutputStream tar, String name, byte[] content)
      throws IOException {
    tar.putArchiveEntry(entry(name, content.length));
    tar.write(content);
    tar.closeArchiveEntry();
  }

  private static void put(
      TarArchiveOutputStream tar, String name, Path file, FileDigest digest, Operation operation)
      throws IOException {
    tar.putArchiveEntry(entry(name, digest.size()));
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[STEP];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        operation.check();
        tar.write(buffer, 0, count);
      }
    }
    tar.closeArchiveEntry();
  }

  private static TarArchiveEntry entry(String name, long size) {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(size);
    entry.setMode(0644);
    entry.setModTime(0);
    entry.setIds(0, 0);
    entry.setNames("", "");
    return entry;
  }

  /** The names of a manifest's modules, in the order in which they are loaded. */
  static List<String> moduleNames(KernelBundleManifest manifest) {
    List<String> names = new ArrayList<>();
    manifest.modules().forEach(module -> names.add(module.name()));
    return names;
  }

  /** Refuses to go on for ever, and ends with the operation. */
  private static final class Bounded extends FilterInputStream {
    private final long limit;
    private final Operation operation;
    private long count;

    Bounded(InputStream in, long limit, Operation operation) {
      super(in);
      this.limit = limit;
      this.operation = operation;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      operation.check();
      int got = in.read(into, offset, length);
      count += Math.max(got, 0);
      if (count > limit) {
        throw new IOException("it unpacks to more than " + limit + " bytes");
      }
      return got;
    }

    @Override
    public long skip(long wanted) throws IOException {
      byte[] dropped = new byte[(int) Math.min(wanted, 1 << 16)];
      return Math.max(0, read(dropped, 0, dropped.length));
    }
  }
}
