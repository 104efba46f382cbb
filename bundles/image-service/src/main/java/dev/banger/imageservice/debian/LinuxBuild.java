// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.imageservice.kernel.KernelRecipe;
import dev.banger.imageservice.kernel.KernelSource;
import dev.banger.imageservice.kernel.Vmlinux;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.kernel.BuildKernel;
import dev.banger.operation.Operation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Compiles Debian's Linux with everything built in. */
final class LinuxBuild implements KernelRecipe {
  private static final String META_PACKAGE = "linux-source";
  private static final Pattern SOURCE_PACKAGE = Pattern.compile("linux-source-[0-9].*");
  private static final Pattern SOURCE_FILE =
      Pattern.compile("usr/src/linux-source-[0-9.]+\\.tar\\.xz");
  private static final Pattern SUITE = Pattern.compile("[a-z][a-z0-9-]{0,31}");
  private static final String ARCHITECTURE = "amd64";
  private static final int MAX_JOBS = 256;

  /** The package and its archive, the tree (1.5 GiB of Linux 6.1) and its objects (0.4 GiB). */
  private static final long ROOM = 2560L << 20;

  /** A line a compiled file, as make writes it without V=1. */
  private static final Pattern COMPILED = Pattern.compile("  (CC|AS)  .*");

  private static final int REPORT_EVERY = 20;

  private final BuildKernel request;
  private final KernelConfiguration configuration;
  private final DebianArchive archive;
  private final HostCommands commands;

  private LinuxBuild(
      BuildKernel request,
      KernelConfiguration configuration,
      DebianArchive archive,
      HostCommands commands) {
    this.request = request;
    this.configuration = configuration;
    this.archive = archive;
    this.commands = commands;
  }

  /**
   * The build that is asked for.
   *
   * @throws BangerException BAD_REQUEST
   */
  static LinuxBuild of(BuildKernel request, DebianArchive archive, HostCommands commands) {
    if (request.suite() == null || !SUITE.matcher(request.suite()).matches()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "\"" + request.suite() + "\" is no suite of Debian");
    }
    if (request.jobs() != null && (request.jobs() < 1 || request.jobs() > MAX_JOBS)) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "jobs must be 1 to " + MAX_JOBS);
    }
    return new LinuxBuild(
        request, KernelConfiguration.with(request.configuration()), archive, commands);
  }

  @Override
  public KernelSource.Contents make(Path directory, Operation operation) throws IOException {
    requireRoom(directory);
    Path scratch = PrivateFiles.createDirectory(directory.resolve("scratch"));
    Fetched fetched =
        archive.fetch(
            request.suite(),
            ARCHITECTURE,
            scratch.resolve("downloads"),
            LinuxBuild::fetch,
            operation);
    new KernelPackage(directory, operation).unpackBusybox(fetched.busybox());
    Path tree = unpack(fetched.source(), scratch, operation);
    configure(tree, operation);
    compile(tree, operation);
    Path vmlinux = directory.resolve(KernelSource.VMLINUX);
    try (OutputStream out = PrivateFiles.create(vmlinux)) {
      Files.copy(tree.resolve("vmlinux"), out);
    }
    PrivateFiles.createDirectory(directory.resolve(KernelSource.MODULES));
    operation.progress().stage("kernel_clear", "clearing the build away");
    TreeRemoval.remove(scratch);
    return contents(Vmlinux.open(vmlinux), fetched.candidate());
  }

  private static KernelSource.Contents contents(Vmlinux kernel, AptRoot.Candidate from)
      throws IOException {
    String release =
        kernel.release().orElseThrow(() -> new IOException("the kernel tells no release"));
    return new KernelSource.Contents(
        release,
        "build:" + from.name() + "=" + from.version(),
        List.of(),
        !kernel.takesDevicesByCommandLine());
  }

  private static void requireRoom(Path directory) throws IOException {
    long free = Files.getFileStore(directory).getUsableSpace();
    if (free < ROOM) {
      throw new BangerException(
          ErrorCode.NO_SPACE,
          "compiling a kernel needs %d MiB below %s, which has %d MiB; free some, then give the command again"
              .formatted(ROOM >> 20, directory.getParent(), free >> 20));
    }
  }

  private static Fetched fetch(DebianArchive.Suite suite) throws IOException {
    AptRoot.Candidate source = suite.behind(META_PACKAGE, SOURCE_PACKAGE, "source package");
    AptRoot.Candidate busybox = suite.newest("busybox-static");
    return new Fetched(source, suite.download(source), suite.download(busybox));
  }

  private record Fetched(AptRoot.Candidate candidate, Path source, Path busybox) {}

  private Path unpack(Path deb, Path scratch, Operation operation) throws IOException {
    operation.progress().stage("kernel_unpack", "unpacking Linux");
    Path packed = scratch.resolve("linux.tar.xz");
    DebPackage.visitFiles(
        deb,
        (name, size, content) -> {
          operation.check();
          if (SOURCE_FILE.matcher(name).matches()) {
            try (OutputStream out = PrivateFiles.create(packed)) {
              content.transferTo(out);
            }
          }
        });
    if (!Files.exists(packed)) {
      throw new IOException(deb.getFileName() + " holds no Linux");
    }
    Files.delete(deb);
    Path tree = PrivateFiles.createDirectory(scratch.resolve("linux"));
    run(
        "unpack Linux",
        List.of(
            "tar",
            "--extract",
            "--xz",
            "--file=" + packed,
            "--directory=" + tree,
            "--strip-components=1",
            "--no-same-owner"),
        Map.of(),
        line -> {},
        operation);
    Files.delete(packed);
    return tree;
  }

  private void configure(Path tree, Operation operation) throws IOException {
    operation.progress().stage("kernel_configure", "configuring Linux");
    Path fragment = tree.resolveSibling("fragment.config");
    PrivateFiles.write(fragment, configuration.text().getBytes(UTF_8));
    run(
        "configure Linux",
        make(tree, "allnoconfig"),
        Map.of("KCONFIG_ALLCONFIG", fragment.toString()),
        line -> {},
        operation);
    configuration.requireIn(Files.readString(tree.resolve(".config")));
  }

  private void compile(Path tree, Operation operation) throws IOException {
    int jobs = request.jobs() == null ? Runtime.getRuntime().availableProcessors() : request.jobs();
    operation.progress().stage("kernel_compile", "compiling Linux, " + jobs + " files at a time");
    int[] compiled = {0};
    run(
        "compile Linux",
        make(tree, "-j" + jobs, "vmlinux"),
        Map.of(),
        line -> {
          if (COMPILED.matcher(line).matches() && ++compiled[0] % REPORT_EVERY == 0) {
            operation
                .progress()
                .stage("kernel_compile", "compiling Linux, " + compiled[0] + " files done");
          }
        },
        operation);
  }

  /** The rest of the host goes first. */
  private static List<String> make(Path tree, String... words) {
    List<String> argv = new ArrayList<>(List.of("nice", "make", "--directory=" + tree));
    argv.addAll(List.of("ARCH=x86", "KBUILD_BUILD_USER=banger", "KBUILD_BUILD_HOST=banger"));
    argv.addAll(List.of(words));
    return argv;
  }

  private void run(
      String doing,
      List<String> argv,
      Map<String, String> variables,
      Consumer<String> output,
      Operation operation)
      throws IOException {
    Map<String, String> environment = new HashMap<>(variables);
    environment.put("LC_ALL", "C");
    environment.put("MAKEFLAGS", "");
    try (HostProcess process =
            commands.start(new HostCommand(argv, environment, null), line -> {}, operation);
        BufferedReader lines = new BufferedReader(new InputStreamReader(process.stdout(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.accept(line);
      }
      CommandResult result = process.await(operation);
      if (!result.succeeded()) {
        throw failed(doing, result);
      }
    } catch (IOException e) {
      operation.check();
      throw e;
    }
  }

  private static BangerException failed(String doing, CommandResult result) {
    ErrorCode code =
        StorageFailure.saysFull(result.stderr()) ? ErrorCode.NO_SPACE : ErrorCode.OPERATION_FAILED;
    return new BangerException(
        code,
        "cannot %s (status %d): %s"
            .formatted(doing, result.status(), HostToolErrors.summary(result.stderr())));
  }
}
