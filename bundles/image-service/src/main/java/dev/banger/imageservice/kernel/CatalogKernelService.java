// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.imageservice.storage.Drain;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.RegistryName;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.kernel.BootFiles;
import dev.banger.kernel.CatalogKernel;
import dev.banger.kernel.Kernel;
import dev.banger.kernel.KernelService;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernels of this installation, below {@code kernels/} of its state directory, pulled from the
 * catalog's sources. One lock a name is held by whoever makes, deletes or composes a kernel.
 */
@Component(service = KernelService.class)
public final class CatalogKernelService implements KernelService {
  private static final Logger LOG = LoggerFactory.getLogger(CatalogKernelService.class);
  private static final Duration DRAIN = Duration.ofSeconds(20);

  private final KernelCatalog catalog;
  private final KernelRegistry registry;
  private final KernelSource source;
  private final Supplier<AgentProgram> agent;
  private final Path initramfsDirectory;
  private final KeyedLocks names = new KeyedLocks();
  private final Drain drain = new Drain();

  @Activate
  public CatalogKernelService(
      @Reference BangerDirectories directories,
      @Reference KernelSource source,
      @Reference Json json)
      throws IOException {
    this(directories, json, source, AgentProgram::load);
  }

  CatalogKernelService(
      BangerDirectories directories, Json json, KernelSource source, Supplier<AgentProgram> agent)
      throws IOException {
    this.source = source;
    this.agent = agent;
    catalog = KernelCatalog.load(json);
    registry = new KernelRegistry(directories.state().resolve("kernels"), json);
    initramfsDirectory = directories.cache().resolve("initramfs");
    registry.sweep();
    InitramfsCache.sweep(initramfsDirectory);
  }

  @Deactivate
  void deactivate() {
    if (!drain.close(DRAIN)) {
      LOG.warn("kernel operations did not end within {}", DRAIN);
    }
  }

  @Override
  public List<Kernel> list() {
    return registry.list().stream().map(StoredKernel::toKernel).toList();
  }

  @Override
  public List<CatalogKernel> catalog() {
    return catalog.kernels().stream()
        .map(
            entry ->
                new CatalogKernel(
                    entry.name(),
                    entry.architecture(),
                    entry.description(),
                    registry.exists(entry.name())))
        .toList();
  }

  @Override
  public Kernel find(String name) {
    return present(name).toKernel();
  }

  @Override
  public Kernel resolve(String name, Operation operation) {
    RegistryName.require("kernel", name);
    if (!registry.exists(name) && catalog.find(name).isPresent()) {
      return pull(name, false, operation);
    }
    return find(name);
  }

  @Override
  public Kernel pull(String name, boolean replace, Operation caller) {
    RegistryName.require("kernel", name);
    KernelCatalog.Entry entry =
        catalog
            .find(name)
            .orElseThrow(
                () ->
                    new BangerException(
                        ErrorCode.NOT_FOUND,
                        "the catalog has no kernel \"" + name + "\"; it has " + catalogNames()));
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(name, work.operation())) {
      if (!replace && registry.exists(name)) {
        return find(name);
      }
      return make(entry, work.operation()).toKernel();
    }
  }

  private StoredKernel make(KernelCatalog.Entry entry, Operation operation) {
    Path staging = null;
    try {
      staging = registry.stage(entry.name());
      KernelSource.Contents contents = source.make(entry, staging, operation);
      KernelManifest manifest = manifest(entry, contents, staging);
      operation.check();
      StoredKernel kernel = registry.publish(staging, manifest);
      LOG.info("kernel {} {} is here", entry.name(), manifest.version());
      return kernel;
    } catch (IOException e) {
      BangerException failure = StorageFailure.of("make kernel " + entry.name(), e);
      removeStaging(failure, staging);
      throw failure;
    } catch (RuntimeException e) {
      removeStaging(e, staging);
      throw e;
    }
  }

  private static void removeStaging(Throwable failure, Path staging) {
    if (staging != null) {
      TreeRemoval.removeAfter(failure, staging);
    }
  }

  private static KernelManifest manifest(
      KernelCatalog.Entry entry, KernelSource.Contents contents, Path staging) throws IOException {
    List<FileDigest> modules = new ArrayList<>();
    for (String module : contents.modules()) {
      modules.add(published(staging.resolve(KernelSource.MODULES).resolve(module)));
    }
    Path sshServer = staging.resolve(KernelSource.SSH_SERVER);
    return new KernelManifest(
        KernelManifest.FORM,
        entry.name(),
        contents.version(),
        entry.architecture(),
        contents.source(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS),
        published(staging.resolve(KernelSource.VMLINUX)),
        published(staging.resolve(KernelSource.BUSYBOX)),
        modules,
        Files.exists(sshServer) ? published(sshServer) : null);
  }

  private static FileDigest published(Path file) throws IOException {
    PrivateFiles.sync(file);
    return FileDigest.of(file);
  }

  @Override
  public void delete(String name, Operation caller) {
    RegistryName.require("kernel", name);
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(name, work.operation())) {
      if (!registry.exists(name)) {
        throw notFound(name);
      }
      registry.remove(name);
    } catch (IOException e) {
      throw StorageFailure.of("delete kernel " + name, e);
    }
  }

  @Override
  public BootFiles bootFiles(String name, Operation caller) {
    RegistryName.require("kernel", name);
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(name, work.operation())) {
      StoredKernel kernel = present(name);
      Path initramfs =
          new InitramfsCache(initramfsDirectory, agent.get()).of(kernel, work.operation());
      return new BootFiles(kernel.vmlinux(), initramfs);
    } catch (IOException e) {
      throw StorageFailure.of("make the initramfs of kernel " + name, e);
    }
  }

  private StoredKernel present(String name) {
    RegistryName.require("kernel", name);
    return registry.find(name).orElseThrow(() -> notFound(name));
  }

  private BangerException notFound(String name) {
    String advice =
        catalog.find(name).isPresent()
            ? "; pull it with \"banger kernel pull " + name + "\""
            : "; the catalog has " + catalogNames();
    return new BangerException(ErrorCode.NOT_FOUND, "kernel \"" + name + "\" not found" + advice);
  }

  private String catalogNames() {
    return catalog.kernels().stream()
        .map(KernelCatalog.Entry::name)
        .collect(Collectors.joining(", "));
  }
}
