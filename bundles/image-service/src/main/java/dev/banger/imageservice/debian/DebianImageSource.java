// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.ext4.Ext4Exception;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Metadata;
import dev.banger.ext4.Ext4Options;
import dev.banger.ext4.Ext4Path;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.image.ImageConfig;
import dev.banger.image.PullImage;
import dev.banger.imageservice.ImageCatalog;
import dev.banger.imageservice.ImageConfiguration;
import dev.banger.imageservice.ImageRecipe;
import dev.banger.imageservice.ImageSettings;
import dev.banger.imageservice.ImageSize;
import dev.banger.imageservice.RecipeSource;
import dev.banger.imageservice.layers.Compression;
import dev.banger.imageservice.layers.Layer;
import dev.banger.imageservice.layers.LayeredImage;
import dev.banger.imageservice.storage.DiskUsage;
import dev.banger.imageservice.storage.FreeSpace;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.operation.Operation;
import dev.banger.wire.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Makes images of Debian's and Ubuntu's packages: mmdebstrap installs them (checking the archives'
 * signatures) and writes a tar stream, which becomes an ext4 image as it arrives. Needs no root
 * where user namespaces work.
 */
@Component(
    service = RecipeSource.class,
    property = RecipeSource.KIND + "=" + DebianImageSource.CATALOG)
public final class DebianImageSource implements RecipeSource {
  /** The kind of this source. */
  public static final String CATALOG = "catalog";

  /** Left out of every package: a sandbox is not read by people. */
  private static final List<String> EXCLUDED =
      List.of(
          "/usr/share/man/*",
          "/usr/share/doc/*",
          "/usr/share/info/*",
          "/usr/share/locale/*",
          "/usr/share/lintian/*");

  /** Units that serve hosts which live for years, or a console that nobody logs in to. */
  private static final List<String> MASKED_UNITS =
      List.of(
          "apt-daily.timer",
          "apt-daily-upgrade.timer",
          "dpkg-db-backup.timer",
          "e2scrub_all.timer",
          "e2scrub_reap.service",
          "serial-getty@ttyS0.service");

  /** What belongs to the host that made the tree, or must differ between machines. */
  private static final Pattern PERSONAL =
      Pattern.compile(
          "/etc/(hostname|resolv\\.conf|machine-id|ssh/ssh_host_.*|apt/apt\\.conf\\.d/99mmdebstrap)"
              + "|/var/lib/dbus/machine-id");

  private static final String NO_RECOMMENDS = "APT::Install-Recommends \"false\";";

  private final DebianHost host;
  private final ImageCatalog catalog;
  // Read at each pull, whose error then says what is wrong with the configuration.
  private final Function<ImageCatalog.Entry, List<String>> sources;
  private final LongSupplier size;

  @Activate
  public DebianImageSource(
      @Reference ImageSettings settings, @Reference HostCommands commands, @Reference Json json) {
    this(
        new DebianHost(commands),
        ImageCatalog.load(json),
        entry -> sources(settings.now(), entry),
        () -> ImageSize.parse(settings.now().imageSize()));
  }

  DebianImageSource(
      DebianHost host,
      ImageCatalog catalog,
      Function<ImageCatalog.Entry, List<String>> sources,
      LongSupplier size) {
    this.host = host;
    this.catalog = catalog;
    this.sources = sources;
    this.size = size;
  }

  private static List<String> sources(ImageConfiguration configuration, ImageCatalog.Entry entry) {
    return switch (entry.distribution()) {
      case "debian" -> DebianSources.of(configuration).lines(entry.release());
      case "ubuntu" -> UbuntuSources.of(configuration).lines(entry.release());
      default -> throw new IllegalStateException("nobody knows " + entry.distribution());
    };
  }

  @Override
  public Optional<ImageRecipe> recipe(PullImage request) {
    return catalog.find(request.source()).map(entry -> new Recipe(entry, request.sizeBytes()));
  }

  private final class Recipe implements ImageRecipe {
    private final ImageCatalog.Entry entry;
    private final Long wanted;

    private Recipe(ImageCatalog.Entry entry, Long wanted) {
      this.entry = entry;
      this.wanted = wanted == null ? null : ImageSize.of(wanted, null);
    }

    @Override
    public String name() {
      return entry.name();
    }

    @Override
    public String origin() {
      return entry.distribution() + ":" + entry.release();
    }

    @Override
    public Contents make(Path rootfs, Operation operation) throws IOException {
      long sizeBytes = wanted == null ? size.getAsLong() : wanted;
      FreeSpace.of(rootfs.getParent())
          .during(
              operation,
              own -> {
                install(entry, sizeBytes, rootfs, own);
                return rootfs;
              });
      return new Contents(
          entry.distribution(),
          entry.release(),
          entry.kernel(),
          sizeBytes,
          DiskUsage.of(rootfs, host.commands(), operation),
          null,
          ImageConfig.NONE);
    }
  }

  private void install(ImageCatalog.Entry entry, long sizeBytes, Path rootfs, Operation operation)
      throws IOException {
    List<String> lines = sources.apply(entry);
    host.requireMmdebstrap();
    Path scratch = PrivateFiles.createDirectory(rootfs.resolveSibling("tmp"));
    HostAptSettings apt = HostAptSettings.read(host.commands(), operation);
    ToolWords words = new ToolWords(operation);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    Ext4Options options =
        Ext4Options.ofSize(sizeBytes)
            .label(entry.distribution())
            .seed((entry.name() + now).getBytes(StandardCharsets.UTF_8))
            .timestamp(now)
            .build();
    operation.progress().stage("image_packages", "installing the packages of " + entry.name());
    HostCommand command =
        new HostCommand(arguments(entry, apt, lines), environment(apt, scratch), null);
    try (HostProcess process = host.commands().start(command, words, operation)) {
      LayeredImage image =
          LayeredImage.of(options)
              .keeping(path -> !PERSONAL.matcher(path.toString()).matches())
              .with(
                  writer -> {
                    requireSuccess(entry, process, words, null, operation);
                    finish(writer, now);
                  });
      write(image, entry, process, words, rootfs, operation);
    }
    TreeRemoval.remove(scratch);
  }

  private static void write(
      LayeredImage image,
      ImageCatalog.Entry entry,
      HostProcess process,
      ToolWords words,
      Path rootfs,
      Operation operation)
      throws IOException {
    try {
      Layer tree = Layer.of(() -> new DrainedOutput(process.stdout()), Compression.NONE);
      image.write(List.of(tree), rootfs, operation);
    } catch (IOException e) {
      operation.check();
      requireSuccess(entry, process, words, e, operation);
      throw e;
    } catch (BangerException e) {
      operation.check();
      if (e.getCause() instanceof Ext4Exception && e.code() == ErrorCode.NO_SPACE) {
        throw tooSmall(entry, e);
      }
      if (e.code() == ErrorCode.CORRUPT) {
        // A stream that broke off says less than the program that broke off.
        requireSuccess(entry, process, words, e, operation);
      }
      throw e;
    }
  }

  private static void requireSuccess(
      ImageCatalog.Entry entry,
      HostProcess process,
      ToolWords words,
      Exception failure,
      Operation operation) {
    CommandResult result = process.await(operation);
    if (!result.succeeded()) {
      throw words.failure(entry.name(), result.status(), failure);
    }
  }

  private static BangerException tooSmall(ImageCatalog.Entry entry, BangerException cause) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "image "
            + entry.name()
            + " does not fit: make imageSize larger in "
            + ImageConfiguration.PID
            + ".cfg",
        cause);
  }

  private List<String> arguments(
      ImageCatalog.Entry entry, HostAptSettings apt, List<String> sources) {
    List<String> words = new ArrayList<>();
    words.add("mmdebstrap");
    words.add("--variant=minbase");
    words.add("--mode=" + (host.isRoot() ? "root" : "unshare"));
    words.add("--format=tar");
    words.add("--architectures=" + entry.architecture());
    words.add("--include=" + String.join(",", entry.packages()));
    EXCLUDED.forEach(path -> words.add("--dpkgopt=path-exclude=" + path));
    words.add("--dpkgopt=path-include=/usr/share/doc/*/copyright");
    apt.publicLines()
        .forEach(line -> words.add("--aptopt=" + line.substring(0, line.length() - 1)));
    words.add("--aptopt=" + NO_RECOMMENDS);
    words.add(entry.release());
    words.add("-");
    words.addAll(sources);
    return words;
  }

  private Map<String, String> environment(HostAptSettings apt, Path scratch) {
    Map<String, String> environment = new HashMap<>(apt.proxyEnvironment());
    environment.put("LC_ALL", "C.UTF-8");
    environment.put("DEBIAN_FRONTEND", "noninteractive");
    if (host.isRoot()) {
      // What a killed pull leaves there is swept with its staging directory. In a user namespace
      // the mapped user could not reach it.
      environment.put("TMPDIR", scratch.toString());
    }
    return environment;
  }

  /** What every machine needs and no package brings. */
  private static void finish(Ext4ImageWriter image, Instant time) throws IOException {
    Ext4Metadata plain = Ext4Metadata.of(0644, 0, 0, time);
    // Empty files: the guest's identity is laid over them, and systemd fills in the machine id.
    for (String name : List.of("etc/hostname", "etc/resolv.conf", "etc/machine-id")) {
      image.file(Ext4Path.of(name), plain, 0, new ByteArrayInputStream(new byte[0]));
    }
    // The host's way to the archives, which mmdebstrap leaves in a file of its own, is not for
    // guests.
    byte[] apt = (NO_RECOMMENDS + "\n").getBytes(StandardCharsets.UTF_8);
    image.file(
        Ext4Path.of("etc/apt/apt.conf.d/90banger"),
        plain,
        apt.length,
        new ByteArrayInputStream(apt));
    byte[] nothing = "/dev/null".getBytes(StandardCharsets.UTF_8);
    for (String unit : MASKED_UNITS) {
      image.symlink(Ext4Path.of("etc/systemd/system/" + unit), plain, nothing);
    }
  }
}
