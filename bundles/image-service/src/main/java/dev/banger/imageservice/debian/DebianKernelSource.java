// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.imageservice.ImageSettings;
import dev.banger.imageservice.kernel.BusyboxSource;
import dev.banger.imageservice.kernel.KernelBuilder;
import dev.banger.imageservice.kernel.KernelCatalog;
import dev.banger.imageservice.kernel.KernelRecipe;
import dev.banger.imageservice.kernel.KernelSource;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.kernel.BuildKernel;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Makes kernels of Debian's packages, which apt downloads and checks. */
@Component(service = {KernelSource.class, BusyboxSource.class, KernelBuilder.class})
public final class DebianKernelSource implements KernelSource, BusyboxSource, KernelBuilder {
  private static final Pattern KERNEL_PACKAGE = Pattern.compile("linux-image-[0-9].*");

  /** Into which Debian splits the kernel package since forky (14). */
  private static final Pattern KERNEL_PARTS = Pattern.compile("linux-(binary|modules)-[0-9].*");

  private static final int MOST_PARTS = 4;
  private static final String BUSYBOX_PACKAGE = "busybox-static";

  /** Any would do: busybox comes without libraries. */
  private static final String BUSYBOX_SUITE = "bookworm";

  /** It comes with its libraries, so any would do whose packages have the names we know. */
  private static final String SSH_SERVER_SUITE = "bookworm";

  private static final String ARCHITECTURE = "amd64";
  private static final String DOWNLOADS = "downloads";

  private final DebianHost host;
  private final DebianArchive archive;

  @Activate
  public DebianKernelSource(
      @Reference ImageSettings settings,
      @Reference BangerDirectories directories,
      @Reference HostCommands commands) {
    this(new DebianHost(commands), () -> DebianSources.of(settings.now()), directories.cache());
  }

  DebianKernelSource(DebianHost host, Supplier<DebianSources> sources, Path cache) {
    this.host = host;
    archive = new DebianArchive(host, sources, cache);
  }

  @Override
  public Contents make(
      KernelCatalog.Entry entry, List<String> modules, Path directory, Operation operation)
      throws IOException {
    Path downloads = directory.resolve(DOWNLOADS);
    Fetched fetched =
        archive.fetch(
            entry.suite(),
            entry.architecture(),
            downloads,
            suite -> fetch(suite, entry),
            operation);
    AptRoot.Candidate kernel = fetched.kernel();
    List<Path> sshServerPackages =
        entry.suite().equals(SSH_SERVER_SUITE)
            ? fetched.sshServerPackages()
            : archive.fetch(
                SSH_SERVER_SUITE,
                ARCHITECTURE,
                downloads,
                DebianKernelSource::sshServer,
                operation);
    operation.progress().stage("kernel_unpack", "unpacking " + kernel.name());
    KernelPackage contents = new KernelPackage(directory, operation);
    SshServerPackages sshServer = new SshServerPackages(operation);
    try {
      contents.unpackKernel(fetched.kernelPackages(), modules);
      contents.unpackBusybox(fetched.busyboxPackage());
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
        contents.version(),
        "debian:" + kernel.name() + "=" + kernel.version(),
        contents.modules(),
        true);
  }

  private static Fetched fetch(DebianArchive.Suite suite, KernelCatalog.Entry entry)
      throws IOException {
    AptRoot.Candidate kernel = suite.behind(entry.metaPackage(), KERNEL_PACKAGE, "kernel package");
    AptRoot.Candidate busybox = suite.newest(BUSYBOX_PACKAGE);
    List<Path> packages = new ArrayList<>(List.of(suite.download(kernel)));
    for (AptRoot.Candidate part : suite.dependencies(kernel, KERNEL_PARTS, MOST_PARTS)) {
      packages.add(suite.download(part));
    }
    Path busyboxPackage = suite.download(busybox);
    List<Path> sshServerPackages =
        entry.suite().equals(SSH_SERVER_SUITE) ? sshServer(suite) : List.of();
    return new Fetched(kernel, packages, busyboxPackage, sshServerPackages);
  }

  private static List<Path> sshServer(DebianArchive.Suite suite) throws IOException {
    List<Path> packages = new ArrayList<>();
    for (String name : SshServerPackages.NAMES) {
      packages.add(suite.download(suite.newest(name)));
    }
    return packages;
  }

  private record Fetched(
      AptRoot.Candidate kernel,
      List<Path> kernelPackages,
      Path busyboxPackage,
      List<Path> sshServerPackages) {}

  @Override
  public void fetch(Path directory, Operation operation) throws IOException {
    Path downloads = directory.resolve(DOWNLOADS);
    Path busybox =
        archive.fetch(
            BUSYBOX_SUITE,
            ARCHITECTURE,
            downloads,
            suite -> suite.download(suite.newest(BUSYBOX_PACKAGE)),
            operation);
    try {
      new KernelPackage(directory, operation).unpackBusybox(busybox);
    } catch (IOException e) {
      throw StorageFailure.of("unpack " + BUSYBOX_PACKAGE, e);
    }
    TreeRemoval.remove(downloads);
  }

  @Override
  public KernelRecipe recipe(BuildKernel request) {
    host.requireApt();
    new BuildTools(host).require();
    return LinuxBuild.of(request, archive, host.commands());
  }
}
