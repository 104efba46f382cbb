// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.kernel.KernelCatalog;
import dev.banger.imageservice.kernel.KernelSamples;
import dev.banger.imageservice.kernel.KernelSource;
import dev.banger.operation.Operation;
import dev.banger.operation.Progress;
import dev.banger.operation.ProgressEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DebianKernelSourceTest {
  private static final String META = "linux-image-cloud-amd64";
  private static final String IMAGE = "linux-image-6.1.0-1-cloud-amd64";
  private static final DebianSources SOURCES =
      new DebianSources("http://mirror/debian", "http://mirror/security", "/keys.gpg");
  private static final KernelCatalog.Entry ENTRY =
      new KernelCatalog.Entry("debian-cloud", "bookworm", "amd64", META, "a kernel");
  private static final List<String> MODULES = List.of("virtio_blk");

  @TempDir Path home;
  private final FakeHost host = new FakeHost();
  private final FakeApt apt = new FakeApt(host);
  private final Queue<ProgressEvent> progress = new ConcurrentLinkedQueue<>();
  private final Operation operation = Operation.start(progress::add);
  private Path directory;

  @BeforeEach
  void fill() throws IOException {
    directory = Files.createDirectory(home.resolve("staging"));
    apt.add(META, "linux-base (>= 4.3), " + IMAGE + " (= 1)", new byte[0])
        .add(IMAGE, "", PackageSamples.kernel("6.1.0-1-cloud-amd64"))
        .add("busybox-static", "", PackageSamples.busybox());
    for (String name : SshServerPackages.NAMES) {
      apt.add(name, "", PackageSamples.sshServer(name));
    }
  }

  @Test
  void a_kernel_is_made_of_the_package_that_the_meta_package_needs() throws IOException {
    KernelSource.Contents contents = source().make(ENTRY, MODULES, directory, operation);

    assertThat(contents)
        .isEqualTo(
            new KernelSource.Contents(
                "6.1.0-1-cloud-amd64",
                "debian:" + IMAGE + "=1",
                List.of("virtio.ko", "virtio_blk.ko"),
                true));
    assertThat(directory.resolve("vmlinux")).hasBinaryContent(KernelSamples.vmlinux());
    assertThat(directory.resolve("busybox")).exists();
    assertThat(entries(directory.resolve("ssh-server.tar.gz")))
        .containsExactly(
            "dropbear",
            "ld-linux-x86-64.so.2",
            "libc.so.6",
            "libcrypt.so.1",
            "libgmp.so.10",
            "libtomcrypt.so.1",
            "libtommath.so.1",
            "libz.so.1");
    assertThat(directory.resolve("downloads")).doesNotExist();
    assertThat(progress)
        .extracting(ProgressEvent::stage)
        .contains("kernel_packages", "kernel_download", "kernel_unpack");
  }

  @Test
  void an_ssh_server_without_one_of_its_libraries_is_refused() throws IOException {
    apt.add("zlib1g", "", PackageSamples.deb("data.tar", PackageSamples.tar(Map.of())));

    assertRefused(ErrorCode.OPERATION_FAILED, "libz.so.1");
  }

  @Test
  void a_kernel_that_is_split_into_packages_is_made_of_them() throws IOException {
    byte[] whole = PackageSamples.kernel("6.1.0-1-cloud-amd64");
    apt.add(IMAGE, "linux-base-7, linux-binary-7-cloud (= 1), linux-modules-7-cloud (= 1)", empty())
        .add("linux-binary-7-cloud", "", whole)
        .add("linux-modules-7-cloud", "", empty());

    KernelSource.Contents contents = source().make(ENTRY, MODULES, directory, operation);

    assertThat(contents.version()).isEqualTo("6.1.0-1-cloud-amd64");
    assertThat(contents.modules()).containsExactly("virtio.ko", "virtio_blk.ko");
    assertThat(contents.source()).isEqualTo("debian:" + IMAGE + "=1");
  }

  private static byte[] empty() throws IOException {
    return PackageSamples.deb("data.tar.gz", PackageSamples.gzip(PackageSamples.tar(Map.of())));
  }

  @Test
  void apt_works_in_a_directory_of_its_own_with_the_configured_sources() throws IOException {
    host.on("apt-config dump", c -> FakeHost.succeeded("Acquire::http::Proxy \"http://proxy\";\n"));

    source().make(ENTRY, MODULES, directory, operation);

    Path root = home.resolve("cache/apt/bookworm");
    for (String command : List.of(FakeApt.UPDATE, "apt-cache show", "apt-get -q download")) {
      assertThat(host.last(command).environment())
          .containsEntry("APT_CONFIG", root.resolve("apt.conf").toString());
    }
    assertThat(root.resolve("etc/sources.list"))
        .content()
        .isEqualTo(String.join("\n", SOURCES.lines("bookworm")) + "\n");
    assertThat(root.resolve("apt.conf"))
        .content()
        .contains("Acquire::http::Proxy \"http://proxy\";")
        .contains("APT::Get::AllowUnauthenticated \"false\";")
        .contains("Dir::Etc::trustedparts \"" + root.resolve("etc/empty") + "\";");
    assertThat(host.last("apt-get -q download").directory()).startsWithRaw(directory);
  }

  @Test
  void a_bad_signature_is_refused_with_apts_words() {
    host.on(
        FakeApt.UPDATE,
        c ->
            FakeHost.failed(
                100,
                "Get:1 http://mirror\nW: GPG error: http://mirror\n"
                    + "E: The repository 'http://mirror bookworm InRelease' is not signed.\n"));

    assertRefused(ErrorCode.OPERATION_FAILED, "bookworm InRelease' is not signed");
    assertThat(host.commands).noneMatch(c -> c.argv().contains("download"));
  }

  @Test
  void an_archive_that_cannot_be_reached_is_told_as_such() {
    host.on(
        FakeApt.UPDATE,
        c -> FakeHost.failed(100, "E: Failed to fetch x  Temporary failure resolving 'mirror'\n"));

    assertRefused(ErrorCode.OPERATION_FAILED, "check the network and apt's proxy settings");
  }

  @Test
  void a_full_disk_is_told_as_such() {
    host.on(
        "apt-get -q download",
        c -> FakeHost.failed(100, "E: Write error - write (28: No space left on device)\n"));

    assertRefused(ErrorCode.NO_SPACE, "No space left on device");
  }

  @Test
  void a_download_that_was_killed_is_a_failure_that_says_so() {
    host.on(
        "apt-get -q download",
        c -> {
          Files.write(c.directory().resolve(IMAGE + "_1_amd64.deb"), new byte[10]);
          return FakeHost.failed(137, "");
        });

    assertRefused(ErrorCode.OPERATION_FAILED, "cannot download " + IMAGE + ": it said nothing");
  }

  @Test
  void a_file_that_is_not_what_the_list_promised_is_refused() throws IOException {
    byte[] other = PackageSamples.kernel("6.1.0-1-cloud-amd64");
    other[other.length - 100] ^= 1;
    String promised = apt.stanza(IMAGE);
    apt.add(IMAGE, "", other);
    apt.describe(IMAGE, promised);

    assertRefused(ErrorCode.OPERATION_FAILED, "the download of " + IMAGE + " is damaged");
  }

  @Test
  void a_package_that_cannot_be_unpacked_is_a_failure() {
    apt.add(IMAGE, "", FakeHost.bytes("no package"));

    assertRefused(ErrorCode.OPERATION_FAILED, "cannot unpack " + IMAGE);
  }

  @Test
  void package_lists_that_say_impossible_things_are_refused() {
    for (String stanza :
        List.of(
            "",
            "Package: " + IMAGE + "\nVersion: 1\nSize: 10\n",
            "Package: " + IMAGE + "\nVersion: 1\nSize: many\nSHA256: 00\n",
            "Package: ../../escape\nVersion: 1\nSize: 10\nSHA256: 00\n",
            "Package: another\nVersion: 1\nSize: 10\nSHA256: 00\n")) {
      apt.describe(IMAGE, stanza);
      assertThatThrownBy(
              () ->
                  source()
                      .make(ENTRY, MODULES, Files.createTempDirectory(home, "staging"), operation))
          .as(stanza)
          .isInstanceOfSatisfying(
              BangerException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.OPERATION_FAILED));
    }
    assertThat(host.commands).noneMatch(c -> c.argv().contains("download"));
  }

  @Test
  void a_meta_package_without_a_kernel_is_refused() {
    apt.add(META, "linux-base, linux-image-generic, linux-headers-6.1", new byte[0]);

    assertRefused(ErrorCode.OPERATION_FAILED, "depends on no kernel package");
  }

  @Test
  void the_host_and_the_configuration_are_looked_at_before_anything_is_made() throws IOException {
    host.missing.add("apt-get");
    assertRefused(ErrorCode.HOST_UNFIT, "apt-get is not installed");
    host.missing.clear();
    DebianKernelSource unsound =
        new DebianKernelSource(
            host.debian(home, "root"), () -> new DebianSources("x y", "z", "/k"), home);
    assertCode(ErrorCode.BAD_REQUEST, () -> unsound.make(ENTRY, MODULES, directory, operation));

    try (var entries = Files.list(directory)) {
      assertThat(entries).isEmpty();
    }
    assertThat(host.commands).isEmpty();
  }

  @Test
  void a_cancelled_operation_ends_between_any_two_commands() throws IOException {
    for (String command : List.of("apt-config dump", FakeApt.UPDATE, "apt-cache show")) {
      FakeHost cancelling = new FakeHost();
      FakeApt archive = new FakeApt(cancelling);
      archive.add(META, IMAGE, new byte[0]);
      Operation leaving = Operation.background();
      cancelling.on(
          command,
          c -> {
            leaving.cancel("the client left");
            return FakeHost.succeeded("");
          });
      Path staging = Files.createTempDirectory(home, "staging");

      assertThatThrownBy(
              () ->
                  new DebianKernelSource(
                          cancelling.debian(home, "root"), () -> SOURCES, home.resolve("cache"))
                      .make(ENTRY, MODULES, staging, leaving))
          .as(command)
          .hasMessage("the client left");
    }
  }

  @Test
  void one_suite_is_used_by_one_pull_at_a_time() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    host.on(
        FakeApt.UPDATE,
        c -> {
          most.accumulateAndGet(inside.incrementAndGet(), Math::max);
          begun.countDown();
          awaitLatch(goOn);
          inside.decrementAndGet();
          return FakeHost.succeeded("");
        });
    DebianKernelSource source = source();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<?> first = threads.submit(() -> source.make(ENTRY, MODULES, directory, operation));
      begun.await();
      Path other = Files.createDirectory(home.resolve("other"));
      Operation leaving = Operation.background();
      Future<?> second = threads.submit(() -> source.make(ENTRY, MODULES, other, leaving));
      leaving.cancel("the client left");
      assertThatThrownBy(second::get).hasMessageContaining("the client left");
      Path third = Files.createDirectory(home.resolve("third"));
      Future<?> waiting =
          threads.submit(() -> source.make(ENTRY, MODULES, third, Operation.start(Progress.NONE)));

      goOn.countDown();

      first.get();
      waiting.get();
      assertThat(most).hasValue(1);
    } finally {
      threads.shutdownNow();
    }
  }

  private void assertRefused(ErrorCode code, String message) {
    assertThatThrownBy(() -> source().make(ENTRY, MODULES, directory, operation))
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(message);
  }

  private static void assertCode(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private DebianKernelSource source() {
    return new DebianKernelSource(host.debian(home, "root"), () -> SOURCES, home.resolve("cache"));
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> entries(Path archive) throws IOException {
    List<String> names = new ArrayList<>();
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new GZIPInputStream(Files.newInputStream(archive)))) {
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        names.add(entry.getName());
      }
    }
    return names;
  }
}
