// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.kernel.ImportKernel;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** Takes in a kernel of this host, which nobody changes. */
final class LocalKernel implements KernelRecipe {
  /** Under which names a directory may hold the kernel. */
  private static final List<String> IMAGES = List.of("vmlinux", "vmlinuz", "bzImage");

  /** What our machines are made of; without one of them none comes up. */
  private static final List<String> REQUIRED =
      List.of("virtio_mmio", "virtio_blk", "virtio_net", "virtio_console", "ext4");

  private static final Pattern RELEASE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+~-]{0,63}");

  private final Path image;
  private final Path modules;
  private final String release;
  private final Boolean acpi;
  private final List<String> wanted;
  private final BusyboxSource busybox;

  private LocalKernel(
      Path image, Path modules, ImportKernel request, List<String> wanted, BusyboxSource busybox) {
    this.image = image;
    this.modules = modules;
    this.release = request.release();
    this.acpi = request.acpi();
    this.wanted = wanted;
    this.busybox = busybox;
  }

  /**
   * The kernel that is asked for.
   *
   * @param wanted the modules that an initramfs loads
   * @throws BangerException BAD_REQUEST
   */
  static LocalKernel of(ImportKernel request, List<String> wanted, BusyboxSource busybox) {
    boolean fromDirectory = request.directory() != null;
    if (fromDirectory == (request.vmlinuz() != null)) {
      throw bad("either a directory or a kernel image is to be given");
    }
    if (fromDirectory && request.modules() != null) {
      throw bad("the modules of a directory are looked for below it, in modules/");
    }
    if (request.release() != null && !RELEASE.matcher(request.release()).matches()) {
      throw bad("\"" + request.release() + "\" is no kernel's release");
    }
    Path modules =
        fromDirectory ? modulesIn(absolute(request.directory())) : absolute(request.modules());
    Path image = fromDirectory ? imageIn(request.directory()) : absolute(request.vmlinuz());
    if (!Files.isRegularFile(image)) {
      throw bad(image + " is not a file");
    }
    return new LocalKernel(image, modules, request, wanted, busybox);
  }

  private static Path imageIn(Path directory) {
    return IMAGES.stream()
        .map(directory::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(
            () -> bad(directory + " holds no kernel; looked for " + String.join(", ", IMAGES)));
  }

  private static Path modulesIn(Path directory) {
    Path modules = directory.resolve(KernelSource.MODULES);
    return Files.isDirectory(modules) ? modules : null;
  }

  private static Path absolute(Path path) {
    if (path != null && !path.isAbsolute()) {
      throw bad(path + " is not an absolute path");
    }
    return path;
  }

  @Override
  public KernelSource.Contents make(Path directory, Operation operation) throws IOException {
    operation.progress().stage("kernel_import", "taking in " + image);
    Path into = PrivateFiles.createDirectory(directory.resolve(KernelSource.MODULES));
    Vmlinux kernel = kernel(directory, operation);
    String version = version(kernel);
    List<String> loaded = modules(version, into, operation);
    busybox.fetch(directory, operation);
    boolean findsByAcpi = acpi == null ? !kernel.takesDevicesByCommandLine() : acpi;
    return new KernelSource.Contents(version, "file:" + image, loaded, findsByAcpi);
  }

  private Vmlinux kernel(Path directory, Operation operation) {
    try {
      return Vmlinux.take(image, directory, operation);
    } catch (IOException e) {
      throw unfit(image, e);
    }
  }

  private String version(Vmlinux kernel) throws IOException {
    String said = kernel.release().orElse(release);
    if (said == null) {
      throw bad(image + " does not tell its release; give it with --release");
    }
    if (release != null && !said.equals(release)) {
      throw bad(image + " is Linux " + said + ", not " + release);
    }
    return said;
  }

  private List<String> modules(String version, Path into, Operation operation) {
    try {
      ModuleTree tree = modules == null ? ModuleTree.none() : ModuleTree.of(modules, operation);
      tree.require(REQUIRED);
      return tree.extract(wanted, version, into, operation);
    } catch (IOException e) {
      throw unfit(modules, e);
    }
  }

  /** What is wrong with a file that the caller named, unless our own disk is full. */
  private static BangerException unfit(Path named, IOException e) {
    BangerException failure = StorageFailure.of("import " + named, e);
    if (failure.code() == ErrorCode.NO_SPACE || e instanceof AccessDeniedException) {
      return failure;
    }
    return new BangerException(
        ErrorCode.BAD_REQUEST, named + " cannot be used: " + e.getMessage(), e);
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }
}
