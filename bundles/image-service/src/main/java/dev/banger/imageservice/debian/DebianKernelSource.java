// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.imageservice.ImageConfiguration;
import dev.banger.imageservice.kernel.KernelCatalog;
import dev.banger.imageservice.kernel.KernelSource;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Makes kernels of Debian's packages, which apt downloads and checks. */
@Component(service = KernelSource.class, configurationPid = ImageConfiguration.PID)
public final class DebianKernelSource implements KernelSource {
  private static final Pattern DEPENDENCY = Pattern.compile("[a-z0-9][a-z0-9.+-]*");
  private static final Pattern KERNEL_PACKAGE = Pattern.compile("linux-image-[0-9].*");

  private final DebianHost host;
  // Read at each pull, whose error then says what is wrong with the configuration.
  private final Supplier<DebianSources> sources;
  private final Path cache;
  private final KeyedLocks suites = new KeyedLocks();

  @Activate
  public DebianKernelSource(
      ImageConfiguration configuration,
      @Reference BangerDirectories directories,
      @Reference HostCommands commands) {
    this(new DebianHost(commands), () -> DebianSources.of(configuration), directories.cache());
  }

  DebianKernelSource(DebianHost host, Supplier<DebianSources> sources, Path cache) {
    this.host = host;
    this.sources = sources;
    this.cache = cache;
  }

  @Override
  public Contents make(KernelCatalog.Entry entry, Path directory, Operation operation)
      throws IOException {
    DebianSources archive = sources.get();
    host.requireApt();
    Path downloads = PrivateFiles.createDirectory(directory.resolve("downloads"));
    Path kernelPackage;
    Path busyboxPackage;
    List<Path> sshServerPackages = new ArrayList<>();
    AptRoot.Candidate kernel;
    try (KeyedLocks.Held held = suites.acquire(entry.suite(), operation)) {
      AptRoot apt =
          new AptRoot(
              cache.resolve("apt").resolve(entry.suite()), entry.suite(), archive, host.commands());
      operation
          .progress()
          .stage("kernel_packages", "fetching the package lists of Debian " + entry.suite());
      apt.update(entry.architecture(), operation);
      kernel = concrete(apt, entry, operation);
      AptRoot.Candidate busybox = apt.candidate("busybox-static", operation);
      kernelPackage = download(apt, kernel, downloads, operation);
      busyboxPackage = download(apt, busybox, downloads, operation);
      for (String name : SshServerPackages.NAMES) {
        sshServerPackages.add(download(apt, apt.candidate(name, operation), downloads, operation));
      }
    }
    operation.progress().stage("kernel_unpack", "unpacking " + kernel.name());
    KernelPackage contents = new KernelPackage(directory, operation);
    SshServerPackages sshServer = new SshServerPackages(operation);
    try {
      contents.unpackKernel(kernelPackage, entry.modules());
      contents.unpackBusybox(busyboxPackage);
      for (Path each : sshServerPackages) {
        sshServer.unpack(each);
      }
      sshServer.write(directory.resolve(SSH_SERVER));
    } catch (IOException e) {
      operation.check();
      throw StorageFailure.of("unpack " + kernel.name(), e);
    }
    TreeRemoval.remove(downloads);
    return new Contents(
        contents.version(), "debian:" + kernel.name() + "=" + kernel.version(), contents.modules());
  }

  private static AptRoot.Candidate concrete(
      AptRoot apt, KernelCatalog.Entry entry, Operation operation) {
    String depends = apt.candidate(entry.metaPackage(), operation).depends();
    for (String alternative : depends.split("[,|]")) {
      Matcher name = DEPENDENCY.matcher(alternative.strip());
      if (name.lookingAt() && KERNEL_PACKAGE.matcher(name.group()).matches()) {
        return apt.candidate(name.group(), operation);
      }
    }
    throw new BangerException(
        ErrorCode.OPERATION_FAILED,
        entry.metaPackage() + " of Debian " + entry.suite() + " depends on no kernel package");
  }

  private static Path download(
      AptRoot apt, AptRoot.Candidate wanted, Path downloads, Operation operation)
      throws IOException {
    Path into = PrivateFiles.createDirectory(downloads.resolve(wanted.name()));
    String message = "downloading " + wanted.name();
    operation.progress().bytes("kernel_download", message, 0, wanted.size());
    Path file;
    try (DownloadWatch watch =
        new DownloadWatch(
            operation.progress(),
            "kernel_download",
            message,
            () -> DownloadWatch.bytesIn(into, "*"),
            wanted.size())) {
      file = apt.download(wanted, into, operation);
    }
    operation.progress().bytes("kernel_download", message, Files.size(file), wanted.size());
    return file;
  }
}
