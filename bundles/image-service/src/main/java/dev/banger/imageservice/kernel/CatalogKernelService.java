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
import dev.banger.kernel.BuildKernel;
import dev.banger.kernel.CatalogKernel;
import dev.banger.kernel.ImportKernel;
import dev.banger.kernel.Kernel;
import dev.banger.kernel.KernelBundle;
import dev.banger.kernel.KernelService;
import dev.banger.kernel.PullKernelBundle;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.store.ImageStore;
import dev.banger.store.VmStore;
import dev.banger.wire.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernels of this installation, below {@code kernels/} of its state directory: pulled from the
 * catalog's sources or as bundles, taken in from the host, or compiled. One lock a name is held by
 * whoever makes, deletes or composes a kernel; a bundle's is taken when its name is known.
 */
@Component(service = KernelService.class)
public final class CatalogKernelService implements KernelService {
  private static final Logger LOG = LoggerFactory.getLogger(CatalogKernelService.class);

  /** For what ends by itself when the service leaves. */
  private static final Duration WILLING = Duration.ofMillis(500);

  private static final Duration DRAIN = Duration.ofSeconds(20);

  private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");
  private static final String BUNDLE = "bundle.tar.zst";

  private final KernelCatalog catalog;
  private final KernelRegistry registry;
  private final KernelSource source;
  private final KernelBuilder builder;
  private final BusyboxSource busybox;
  private final KernelReferences references;
  private final KernelBundleFile bundles;
  private final BundleFetch fetch = new BundleFetch();
  private final Supplier<AgentProgram> agent;
  private final Path initramfsDirectory;
  private final KeyedLocks names = new KeyedLocks();
  private final Drain drain = new Drain();

  @Activate
  public CatalogKernelService(
      @Reference BangerDirectories directories,
      @Reference KernelSource source,
      @Reference BusyboxSource busybox,
      @Reference KernelBuilder builder,
      @Reference ImageStore images,
      @Reference VmStore machines,
      @Reference Json json)
      throws IOException {
    this(
        directories,
        json,
        source,
        busybox,
        builder,
        new KernelReferences(images, machines),
        AgentProgram::load);
  }

  CatalogKernelService(
      BangerDirectories directories,
      Json json,
      KernelSource source,
      BusyboxSource busybox,
      KernelBuilder builder,
      KernelReferences references,
      Supplier<AgentProgram> agent)
      throws IOException {
    this.source = source;
    this.builder = builder;
    this.references = references;
    this.agent = agent;
    catalog = KernelCatalog.load(json);
    registry = new KernelRegistry(directories.state().resolve("kernels"), json);
    this.busybox = new RegistryBusybox(registry, busybox);
    bundles = new KernelBundleFile(json);
    initramfsDirectory = directories.cache().resolve("initramfs");
    registry.sweep(this::isNeeded);
    InitramfsCache.sweep(initramfsDirectory);
  }

  private boolean isNeeded(String name) {
    try {
      return references.name(name);
    } catch (BangerException e) {
      LOG.warn("kernel {} is kept: {}", name, e.getMessage());
      return true;
    }
  }

  @Deactivate
  void deactivate() {
    if (!drain.close(WILLING, DRAIN)) {
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
    if (registry.exists(name)) {
      return find(name);
    }
    Optional<StoredKernel> retained = registry.findRetained(name);
    if (retained.isEmpty() && catalog.find(name).isPresent()) {
      return pull(name, false, operation);
    }
    return retained.map(StoredKernel::toKernel).orElseThrow(() -> notFound(name));
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
    KernelRecipe recipe =
        (directory, operation) -> source.make(entry, catalog.modules(), directory, operation);
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(name, work.operation())) {
      if (!replace && registry.exists(name)) {
        return find(name);
      }
      return make(name, recipe, work.operation()).toKernel();
    }
  }

  @Override
  public Kernel importKernel(ImportKernel request, Operation caller) {
    RegistryName.require("kernel", request.name());
    KernelRecipe recipe = LocalKernel.of(request, catalog.modules(), busybox);
    return makeNew(request.name(), request.replace(), recipe, caller);
  }

  @Override
  public Kernel build(BuildKernel request, Operation caller) {
    RegistryName.require("kernel", request.name());
    KernelRecipe recipe = builder.recipe(request);
    return makeNew(request.name(), request.replace(), recipe, caller);
  }

  private Kernel makeNew(String name, boolean replace, KernelRecipe recipe, Operation caller) {
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(name, work.operation())) {
      if (!replace && registry.exists(name)) {
        throw alreadyExists(name);
      }
      return make(name, recipe, work.operation()).toKernel();
    }
  }

  private static BangerException alreadyExists(String name) {
    return new BangerException(
        ErrorCode.ALREADY_EXISTS,
        "a kernel \"" + name + "\" is here; choose another name, or replace it with --replace");
  }

  private StoredKernel make(String name, KernelRecipe recipe, Operation operation) {
    return inStaging(
        name,
        staging -> {
          KernelSource.Contents contents = recipe.make(staging, operation);
          return publish(name, contents, staging, operation);
        });
  }

  private StoredKernel publish(
      String name, KernelSource.Contents contents, Path staging, Operation operation)
      throws IOException {
    KernelManifest manifest = manifest(name, contents, staging);
    operation.check();
    StoredKernel kernel = registry.publish(staging, manifest);
    LOG.info("kernel {} {} is here", name, manifest.version());
    return kernel;
  }

  @Override
  public Kernel pullBundle(PullKernelBundle request, Operation caller) {
    URI address = BundleFetch.source(request.source());
    if (request.sha256() == null || !SHA256.matcher(request.sha256()).matches()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "the bundle's sha256 is required: 64 hexadecimal digits");
    }
    String sha256 = request.sha256().toLowerCase(Locale.ROOT);
    String origin = "bundle:" + BundleFetch.shown(address) + "@sha256:" + sha256;
    if (request.name() != null) {
      RegistryName.require("kernel", request.name());
      Optional<Kernel> here = fromBundle(request.name(), sha256, request.replace());
      if (here.isPresent()) {
        return here.get();
      }
    }
    try (Drain.Work work = drain.enter(caller)) {
      return inStaging(
          "bundle",
          staging -> {
            Path file = staging.resolve(BUNDLE);
            fetch.fetch(address, sha256, file, work.operation());
            KernelBundleManifest manifest = unpack(file, staging, work.operation());
            busybox.fetch(staging, work.operation());
            String name = request.name() == null ? manifest.name() : request.name();
            KernelSource.Contents contents =
                new KernelSource.Contents(
                    manifest.version(),
                    origin,
                    KernelBundleFile.moduleNames(manifest),
                    manifest.acpi());
            return publishBundle(
                name, sha256, request.replace(), contents, staging, work.operation());
          });
    }
  }

  private KernelBundleManifest unpack(Path bundle, Path staging, Operation operation)
      throws IOException {
    KernelBundleManifest manifest;
    try {
      manifest = bundles.unpack(bundle, staging, operation);
    } catch (IOException e) {
      BangerException failure = StorageFailure.of("unpack the bundle", e);
      if (failure.code() == ErrorCode.NO_SPACE) {
        throw failure;
      }
      throw new BangerException(ErrorCode.CORRUPT, "the bundle is not sound: " + e.getMessage(), e);
    }
    Files.delete(bundle);
    return manifest;
  }

  private Kernel publishBundle(
      String name,
      String sha256,
      boolean replace,
      KernelSource.Contents contents,
      Path staging,
      Operation operation)
      throws IOException {
    try (KeyedLocks.Held held = names.acquire(name, operation)) {
      Optional<Kernel> here = fromBundle(name, sha256, replace);
      if (here.isPresent()) {
        TreeRemoval.remove(staging);
        return here.get();
      }
      return publish(name, contents, staging, operation).toKernel();
    }
  }

  /** The kernel of a name, when it is there and came from that bundle. */
  private Optional<Kernel> fromBundle(String name, String sha256, boolean replace) {
    if (replace || !registry.exists(name)) {
      return Optional.empty();
    }
    Kernel kernel = find(name);
    if (!kernel.source().endsWith("@sha256:" + sha256)) {
      throw alreadyExists(name);
    }
    return Optional.of(kernel);
  }

  @Override
  public KernelBundle makeBundle(String name, Path directory, Operation caller) {
    RegistryName.require("kernel", name);
    if (!directory.isAbsolute() || !Files.isDirectory(directory)) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, directory + " is not the absolute path of a directory");
    }
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(name, work.operation())) {
      return writeBundle(present(name), directory, work.operation());
    } catch (IOException e) {
      throw StorageFailure.of("write the bundle of kernel " + name, e);
    }
  }

  private KernelBundle writeBundle(StoredKernel kernel, Path directory, Operation operation)
      throws IOException {
    Path staging = Files.createTempFile(directory, ".banger-kernel-", ".part");
    try {
      Files.delete(staging);
      bundles.write(kernel, staging, operation);
      PrivateFiles.sync(staging);
      FileDigest digest = FileDigest.of(staging);
      KernelManifest manifest = kernel.manifest();
      Path file =
          directory.resolve(
              "%s-%s-%s.tar.zst"
                  .formatted(
                      manifest.name(), manifest.architecture(), digest.sha256().substring(0, 12)));
      operation.check();
      Files.move(staging, file, StandardCopyOption.ATOMIC_MOVE);
      return new KernelBundle(file, digest.sha256(), digest.size());
    } catch (IOException | RuntimeException | Error e) {
      TreeRemoval.removeAfter(e, staging);
      throw e;
    }
  }

  /** Fills a staging directory, which is gone when that fails. */
  private <T> T inStaging(String name, Filling<T> filling) {
    Path staging = null;
    try {
      staging = registry.stage(name);
      return filling.fill(staging);
    } catch (IOException e) {
      BangerException failure = StorageFailure.of("make kernel " + name, e);
      removeStaging(failure, staging);
      throw failure;
    } catch (RuntimeException | Error e) {
      removeStaging(e, staging);
      throw e;
    }
  }

  @FunctionalInterface
  private interface Filling<T> {
    T fill(Path staging) throws IOException;
  }

  private static void removeStaging(Throwable failure, Path staging) {
    if (staging != null) {
      TreeRemoval.removeAfter(failure, staging);
    }
  }

  private static KernelManifest manifest(String name, KernelSource.Contents contents, Path staging)
      throws IOException {
    List<FileDigest> modules = new ArrayList<>();
    for (String module : contents.modules()) {
      modules.add(published(staging.resolve(KernelSource.MODULES).resolve(module)));
    }
    Path sshServer = staging.resolve(KernelSource.SSH_SERVER);
    return new KernelManifest(
        KernelManifest.FORM,
        name,
        contents.version(),
        KernelBundleManifest.ARCHITECTURE,
        contents.source(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS),
        published(staging.resolve(KernelSource.VMLINUX)),
        published(staging.resolve(KernelSource.BUSYBOX)),
        modules,
        Files.exists(sshServer) ? published(sshServer) : null,
        contents.acpi());
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
      if (isUsable(name) && references.name(name)) {
        registry.retain(name);
        LOG.info("kernel {} is retained for what names it", name);
      } else {
        registry.remove(name);
      }
    } catch (IOException e) {
      throw StorageFailure.of("delete kernel " + name, e);
    }
  }

  private boolean isUsable(String name) {
    try {
      return registry.find(name).isPresent();
    } catch (BangerException e) {
      LOG.info("{}", e.getMessage());
      return false;
    }
  }

  @Override
  public BootFiles bootFiles(String name, Operation caller) {
    RegistryName.require("kernel", name);
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(name, work.operation())) {
      StoredKernel kernel =
          registry
              .find(name)
              .or(() -> registry.findRetained(name))
              .orElseThrow(() -> notFound(name));
      Path initramfs =
          new InitramfsCache(initramfsDirectory, agent.get()).of(kernel, work.operation());
      return new BootFiles(kernel.vmlinux(), initramfs, kernel.manifest().acpi());
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
