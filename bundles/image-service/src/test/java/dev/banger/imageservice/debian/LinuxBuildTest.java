// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.HostCommand;
import dev.banger.imageservice.kernel.KernelSamples;
import dev.banger.imageservice.kernel.KernelSource;
import dev.banger.kernel.BuildKernel;
import dev.banger.operation.Operation;
import dev.banger.operation.ProgressEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Compiling Linux, with a make and a tar that only pretend. */
@Timeout(30)
class LinuxBuildTest {
  private static final DebianSources SOURCES =
      new DebianSources("http://mirror/debian", "http://mirror/security", "/keys.gpg");
  private static final byte[] KERNEL = KernelSamples.vmlinux("6.1.9-banger", true);

  @TempDir Path home;
  private final FakeHost host = new FakeHost();
  private final FakeApt apt = new FakeApt(host);
  private final Queue<ProgressEvent> progress = new ConcurrentLinkedQueue<>();
  private final Operation operation = Operation.start(progress::add);
  private final List<FakeHost.Streamed> started = new ArrayList<>();
  private String configured = CONFIGURED;
  private Path directory;

  private static final String CONFIGURED =
      """
      CONFIG_PVH=y
      CONFIG_SERIAL_8250_CONSOLE=y
      CONFIG_BLK_DEV_INITRD=y
      CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y
      CONFIG_VIRTIO_BLK=y
      CONFIG_VIRTIO_NET=y
      CONFIG_VIRTIO_CONSOLE=y
      CONFIG_EXT4_FS=y
      CONFIG_DEVTMPFS=y
      CONFIG_TMPFS=y
      """;

  @BeforeEach
  void fill() throws IOException {
    directory = Files.createDirectory(home.resolve("staging"));
    apt.add("linux-source", "linux-source-6.1, foo", new byte[0])
        .add(
            "linux-source-6.1",
            "",
            PackageSamples.deb(
                "data.tar.gz",
                PackageSamples.gzip(
                    PackageSamples.tar(Map.of("./usr/src/linux-source-6.1.tar.xz", new byte[10])))))
        .add("busybox-static", "", PackageSamples.busybox());
    host.onStart(this::pretend);
  }

  @Test
  void a_kernel_is_fetched_unpacked_configured_and_compiled_and_nothing_else_is_left()
      throws IOException {
    KernelSource.Contents contents = make(request(null));

    assertThat(contents)
        .isEqualTo(
            new KernelSource.Contents(
                "6.1.9-banger", "build:linux-source-6.1=1", List.of(), false));
    assertThat(directory.resolve("vmlinux")).hasBinaryContent(KERNEL);
    try (var entries = Files.list(directory)) {
      assertThat(entries.map(entry -> entry.getFileName().toString()))
          .containsExactlyInAnyOrder("busybox", "modules", "vmlinux");
    }
    assertThat(progress)
        .extracting(ProgressEvent::stage)
        .contains("kernel_download", "kernel_unpack", "kernel_configure", "kernel_compile");
    assertThat(progress)
        .extracting(ProgressEvent::message)
        .contains("compiling Linux, 40 files done");
  }

  @Test
  void the_callers_fragment_comes_after_our_own() throws IOException {
    Path fragment =
        Files.writeString(
            home.resolve("more.config"), "# more\nCONFIG_XFS_FS=y\n# CONFIG_SWAP is not set\n");
    configured += "CONFIG_XFS_FS=y\n";
    String[] lines = {null};
    host.onStart(
        command -> {
          if (command.argv().contains("allnoconfig")) {
            lines[0] = read(Path.of(command.environment().get("KCONFIG_ALLCONFIG")));
          }
          return pretend(command);
        });

    make(request(fragment));

    assertThat(lines[0])
        .contains("CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y\n")
        .endsWith("CONFIG_XFS_FS=y\n# CONFIG_SWAP is not set\n\n");
  }

  @Test
  void an_option_that_linux_does_not_take_is_named_before_anything_is_compiled()
      throws IOException {
    Path fragment = Files.writeString(home.resolve("more.config"), "CONFIG_NONSENSE=y\n");

    assertRefused(ErrorCode.BAD_REQUEST, "does not take CONFIG_NONSENSE=y", request(fragment));

    assertThat(host.commands).noneMatch(command -> command.argv().contains("vmlinux"));
  }

  @Test
  void a_configuration_that_no_machine_could_boot_is_refused_before_anything_is_compiled()
      throws IOException {
    Path fragment = Files.writeString(home.resolve("less.config"), "CONFIG_EXT4_FS=n\n");
    configured = CONFIGURED.replace("CONFIG_EXT4_FS=y", "# CONFIG_EXT4_FS is not set");

    assertRefused(ErrorCode.BAD_REQUEST, "would come up without CONFIG_EXT4_FS", request(fragment));
  }

  @Test
  void fragments_with_other_lines_are_refused_by_their_number() throws IOException {
    for (String line :
        List.of(
            "CONFIG_X=m",
            "CONFIG_X",
            "X=y",
            "CONFIG_X=\"$(shell touch /x)\"",
            "CONFIG_X=\"`touch /x`\"",
            "CONFIG_X=y; touch /x",
            "include other")) {
      Path fragment = Files.writeString(home.resolve("bad.config"), "CONFIG_A=y\n" + line + "\n");
      assertThatThrownBy(() -> build(request(fragment)))
          .as(line)
          .hasMessageContaining("line 2 of " + fragment);
    }
    for (String line : List.of("CONFIG_X=y", "CONFIG_X=-3", "CONFIG_X=0xff", "CONFIG_X=\"a b\"")) {
      Path fragment = Files.writeString(home.resolve("good.config"), "CONFIG_A=n\n" + line);
      assertThat(build(request(fragment))).as(line).isNotNull();
    }
  }

  @Test
  void a_compiler_that_fails_is_told_in_its_words() {
    host.onStart(
        command ->
            command.argv().contains("vmlinux")
                ? new FakeHost.Streamed(new byte[0], 2, List.of("fs/x.c:1: error: no"))
                : pretend(command));

    assertRefused(ErrorCode.OPERATION_FAILED, "compile Linux (status 2): fs/x.c:1", request(null));
  }

  @Test
  void a_full_disk_is_told_as_such() {
    host.onStart(
        command ->
            command.argv().contains("vmlinux")
                ? new FakeHost.Streamed(new byte[0], 2, List.of("No space left on device"))
                : pretend(command));

    assertRefused(ErrorCode.NO_SPACE, "compile Linux", request(null));
  }

  @Test
  void cancelling_ends_the_compiler() {
    FakeHost.Streamed[] compiler = {null};
    host.onStart(
        command -> {
          if (!command.argv().contains("vmlinux")) {
            return pretend(command);
          }
          compiler[0] =
              new FakeHost.Streamed(
                  new InputStream() {
                    @Override
                    public int read() {
                      operation.cancel("the client left");
                      return -1;
                    }
                  },
                  143,
                  List.of());
          return compiler[0];
        });

    assertRefused(ErrorCode.CANCELLED, "the client left", request(null));
    assertThat(compiler[0].closed).isTrue();
  }

  @Test
  void everything_runs_as_argv_below_the_scratch_directory_and_nicely() throws IOException {
    make(new BuildKernel("k", "bookworm", null, 3, false));

    HostCommand compile = host.last("nice make");
    assertThat(compile.argv()).contains("-j3", "vmlinux").startsWith("nice", "make");
    assertThat(compile.environment()).containsEntry("MAKEFLAGS", "");
    assertThat(started).allMatch(process -> process.closed);
  }

  @Test
  void requests_that_are_not_sound_are_refused() {
    for (BuildKernel request :
        List.of(
            new BuildKernel("k", null, null, null, false),
            new BuildKernel("k", "../x", null, null, false),
            new BuildKernel("k", "bookworm main", null, null, false),
            new BuildKernel("k", "bookworm", null, 0, false),
            new BuildKernel("k", "bookworm", null, 257, false),
            new BuildKernel("k", "bookworm", Path.of("relative"), null, false),
            new BuildKernel("k", "bookworm", home.resolve("missing"), null, false))) {
      assertThatThrownBy(() -> build(request))
          .as(request.toString())
          .isInstanceOfSatisfying(
              BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST));
    }
    assertThat(build(new BuildKernel("k", "trixie", null, 256, false))).isNotNull();
  }

  @Test
  void all_missing_tools_are_named_at_once() throws IOException {
    Path include = Files.createDirectories(home.resolve("include/openssl")).getParent();
    Files.createFile(include.resolve("stdlib.h"));
    Files.createFile(include.resolve("openssl/ssl.h"));
    host.missing.addAll(List.of("flex", "bison"));
    DebianHost debian = host.debian(home, "root");
    BuildTools tools = new BuildTools(debian, include);

    assertThatThrownBy(tools::require)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNFIT))
        .hasMessageContaining("apt-get install flex bison libelf-dev");

    host.missing.clear();
    Files.createFile(include.resolve("libelf.h"));
    tools.require();
  }

  /** What tar and make would do. */
  private FakeHost.Streamed pretend(HostCommand command) {
    List<String> argv = command.argv();
    String output = "";
    try {
      Path tree = home.resolve("staging/scratch/linux");
      if (argv.contains("allnoconfig")) {
        Files.writeString(tree.resolve(".config"), configured);
      } else if (argv.contains("vmlinux")) {
        Files.write(tree.resolve("vmlinux"), KERNEL);
        output = "  CC      init/main.o\n  AS      x.o\n  HOSTCC  y\n".repeat(21);
      } else {
        assertThat(argv).startsWith("tar").contains("--directory=" + tree);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    FakeHost.Streamed streamed = new FakeHost.Streamed(FakeHost.bytes(output), 0, List.of());
    started.add(streamed);
    return streamed;
  }

  private BuildKernel request(Path fragment) {
    return new BuildKernel("k", "bookworm", fragment, null, false);
  }

  private LinuxBuild build(BuildKernel request) {
    DebianArchive archive =
        new DebianArchive(host.debian(home, "root"), () -> SOURCES, home.resolve("cache"));
    return LinuxBuild.of(request, archive, host);
  }

  private KernelSource.Contents make(BuildKernel request) throws IOException {
    return build(request).make(directory, operation);
  }

  private void assertRefused(ErrorCode code, String message, BuildKernel request) {
    assertThatThrownBy(() -> make(request))
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(message);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
