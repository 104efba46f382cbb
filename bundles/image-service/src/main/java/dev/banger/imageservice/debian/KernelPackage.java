// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.imageservice.kernel.ElfFile;
import dev.banger.imageservice.kernel.KernelModule;
import dev.banger.imageservice.kernel.KernelSource;
import dev.banger.imageservice.kernel.LoadOrder;
import dev.banger.imageservice.kernel.ModuleFile;
import dev.banger.imageservice.kernel.Vmlinux;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Unpacks what a machine needs of Debian's kernel and busybox packages. Names in a package are only
 * compared with what we look for, never used as paths.
 */
final class KernelPackage {
  private static final String VERSION = "([A-Za-z0-9._+~-]+)";

  /** In the second place since forky (14). */
  private static final Pattern VMLINUZ =
      Pattern.compile("boot/vmlinuz-" + VERSION + "|(?:usr/)?lib/modules/" + VERSION + "/vmlinuz");

  private static final Pattern MODULE = Pattern.compile("(?:usr/)?lib/modules/.+/([^/]+)");
  private static final Pattern BUSYBOX = Pattern.compile("(?:usr/)?bin/busybox");

  /** Far more than any busybox; bounds what is held in memory. */
  private static final int MAX_BUSYBOX = 64 << 20;

  private static final int MAX_VMLINUZ = 256 << 20;

  private final Path directory;
  private final Operation operation;
  private final List<String> modules = new ArrayList<>();
  private String version;

  KernelPackage(Path directory, Operation operation) {
    this.directory = directory;
    this.operation = operation;
  }

  /** The kernel's version. */
  String version() {
    return version;
  }

  /** The names of the modules' files, in the order in which they are loaded. */
  List<String> modules() {
    return modules;
  }

  /**
   * Unpacks a kernel and the modules that are wanted of it.
   *
   * @param debs the packages that hold them together
   */
  void unpackKernel(List<Path> debs, List<String> wanted) throws IOException {
    Path spool = PrivateFiles.createDirectory(directory.resolve("spool"));
    Map<String, KernelModule> available = new HashMap<>();
    for (Path deb : debs) {
      DebPackage.visitFiles(
          deb, (name, size, content) -> take(name, size, content, spool, available));
    }
    if (version == null) {
      throw new IOException(debs.get(0).getFileName() + " holds no kernel");
    }
    Path loaded = PrivateFiles.createDirectory(directory.resolve(KernelSource.MODULES));
    for (String name : LoadOrder.of(wanted, available)) {
      Files.move(spool.resolve(fileName(name)), loaded.resolve(fileName(name)));
      modules.add(fileName(name));
    }
    TreeRemoval.remove(spool);
  }

  private void take(
      String name, long size, InputStream content, Path spool, Map<String, KernelModule> available)
      throws IOException {
    operation.check();
    Matcher vmlinuz = VMLINUZ.matcher(name);
    Matcher module = MODULE.matcher(name);
    if (vmlinuz.matches()) {
      version = vmlinuz.group(1) == null ? vmlinuz.group(2) : vmlinuz.group(1);
      Vmlinux.unpack(read(name, size, MAX_VMLINUZ, content), directory, operation);
    } else if (module.matches() && ModuleFile.of(module.group(1)).isPresent()) {
      ModuleFile file = ModuleFile.of(module.group(1)).get();
      byte[] bytes = file.unpack(read(name, size, ModuleFile.MAX_SIZE, content));
      KernelModule about = KernelModule.read(file.module(), bytes);
      // The needed ones are known only when all have been seen.
      if (available.putIfAbsent(about.name(), about) == null) {
        PrivateFiles.write(spool.resolve(fileName(about.name())), bytes);
      }
    }
  }

  void unpackBusybox(Path deb) throws IOException {
    Path busybox = directory.resolve(KernelSource.BUSYBOX);
    DebPackage.visitFiles(
        deb,
        (name, size, content) -> {
          if (BUSYBOX.matcher(name).matches()) {
            byte[] bytes = read(name, size, MAX_BUSYBOX, content);
            // That it is a program at all is all that can be said here.
            var unused = ElfFile.of(bytes);
            PrivateFiles.write(busybox, bytes);
          }
        });
    if (!Files.exists(busybox)) {
      throw new IOException(deb.getFileName() + " holds no busybox");
    }
  }

  private static byte[] read(String name, long size, int limit, InputStream in) throws IOException {
    if (size > limit) {
      throw new IOException(name + " has " + size + " bytes");
    }
    byte[] bytes = in.readNBytes((int) size);
    if (bytes.length < size) {
      throw new IOException(name + " is truncated");
    }
    return bytes;
  }

  private static String fileName(String module) {
    return module + ".ko";
  }
}
