// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.image.PullImage;
import dev.banger.imageservice.HostTool;
import dev.banger.imageservice.ImageCatalog;
import dev.banger.imageservice.ImageRecipe;
import dev.banger.imageservice.TestJson;
import dev.banger.operation.Operation;
import dev.banger.operation.ProgressEvent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebianImageSourceTest {
  private static final long SIZE = 64L << 20;
  private static final DebianSources SOURCES =
      new DebianSources("http://mirror/debian", "http://mirror/security", "/keys.gpg");
  private static final ImageCatalog.Entry ENTRY =
      new ImageCatalog.Entry(
          "debian-bookworm",
          "debian",
          "bookworm",
          "amd64",
          "debian-cloud",
          "an image",
          List.of("systemd-sysv", "git"));

  @TempDir Path home;
  private final FakeHost host = new FakeHost();
  private final Queue<ProgressEvent> progress = new ConcurrentLinkedQueue<>();
  private final Operation operation = Operation.start(progress::add);
  private Path rootfs;

  @BeforeEach
  void stage() throws IOException {
    rootfs = Files.createDirectory(home.resolve("staging")).resolve("rootfs.ext4");
  }

  @Test
  void root_runs_mmdebstrap_with_its_temporary_files_beside_the_image() throws IOException {
    hostSays("Acquire::Retries \"3\";\nAcquire::http::Proxy \"http://me:secret@proxy\";\n");

    make("root");

    List<String> argv = host.last("mmdebstrap").argv();
    assertThat(argv)
        .startsWith("mmdebstrap", "--variant=minbase", "--mode=root", "--format=tar")
        .contains(
            "--architectures=amd64",
            "--include=systemd-sysv,git",
            "--dpkgopt=path-exclude=/usr/share/man/*",
            "--aptopt=Acquire::Retries \"3\"")
        .noneMatch(word -> word.contains("secret"));
    List<String> end = new ArrayList<>(List.of("bookworm", "-"));
    end.addAll(SOURCES.lines("bookworm"));
    assertThat(argv.subList(argv.size() - 5, argv.size())).isEqualTo(end);
    assertThat(host.last("mmdebstrap").environment())
        .containsEntry("http_proxy", "http://me:secret@proxy")
        .containsEntry("TMPDIR", home.resolve("staging/tmp").toString())
        .containsEntry("DEBIAN_FRONTEND", "noninteractive");
  }

  @Test
  void a_user_runs_it_in_a_namespace_with_the_hosts_own_temporary_directory() throws IOException {
    hostSays("");

    make("someone");

    assertThat(host.last("mmdebstrap").argv()).contains("--mode=unshare");
    assertThat(host.last("mmdebstrap").environment()).doesNotContainKey("TMPDIR");
  }

  @Test
  void the_stream_becomes_an_image_whose_place_on_the_disk_is_told() throws Exception {
    HostTool.require("debugfs");
    HostTool.require("e2fsck");
    hostSays("");
    host.on("stat -c", command -> run(command.argv()));

    ImageRecipe.Contents contents = make("root");

    assertThat(contents.sizeBytes()).isEqualTo(SIZE).isEqualTo(Files.size(rootfs));
    assertThat(recipe("root", DebianImageSourceTest::lines).origin()).isEqualTo("debian:bookworm");
    // Of 64 MiB there are 4 of journal and 4 of inodes, of which next to nothing was written.
    assertThat(contents.allocatedBytes())
        .isEqualTo(Long.parseLong(run("du", "-B1", rootfs.toString()).split("\\s")[0]))
        .isBetween(4096L, 1L << 20);
    assertThat(home.resolve("staging")).isDirectoryContaining("glob:**/rootfs.ext4");
    assertThat(home.resolve("staging/tmp")).doesNotExist();
    assertThat(run("e2fsck", "-fn", rootfs.toString())).contains("files");
    assertThat(cat("/usr/bin/tool")).isEqualTo("a tool");
    assertThat(cat("/etc/hostname")).isEmpty();
    assertThat(run("debugfs", "-R", "stat /etc/systemd/system/apt-daily.timer", rootfs.toString()))
        .contains("Fast link dest: \"/dev/null\"");
  }

  @Test
  void an_image_whose_place_on_the_disk_cannot_be_told_is_a_failure() {
    hostSays("");
    for (CommandResult result :
        List.of(
            FakeHost.failed(1, "stat: cannot stat"),
            FakeHost.succeeded(""),
            FakeHost.succeeded("many 512\n"))) {
      host.on("stat -c", command -> result);

      assertThatThrownBy(() -> make("root")).hasMessageContaining("takes on the disk");
      assertThat(rootfs.toFile().delete()).isTrue();
    }
  }

  @Test
  void how_this_host_reaches_archives_does_not_come_into_the_image() throws Exception {
    HostTool.require("debugfs");
    hostSays("Acquire::http::Proxy::mirror \"http://me:secret@proxy\";\n");
    Map<String, String> files = tree();
    files.put(
        "./etc/apt/apt.conf.d/99mmdebstrap",
        "Acquire::http::Proxy::mirror \"http://me:secret@proxy\";\n");
    host.onStart(command -> new FakeHost.Streamed(tar(files), 0, List.of()));

    make("root");

    assertThat(new String(Files.readAllBytes(rootfs), UTF_8)).doesNotContain("secret");
    assertThat(cat("/etc/apt/apt.conf.d/90banger"))
        .isEqualTo("APT::Install-Recommends \"false\";\n");
  }

  @Test
  void what_mmdebstrap_says_is_progress() throws IOException {
    host.onStart(
        command ->
            new FakeHost.Streamed(
                tar(tree()), 0, List.of("I: downloading packages with apt...", "noise")));

    make("root");

    assertThat(progress)
        .extracting(ProgressEvent::message)
        .contains("installing the packages of debian-bookworm", "downloading packages with apt...")
        .doesNotContain("noise");
  }

  @Test
  void the_last_words_of_a_failure_are_kept() {
    List<String> said =
        new ArrayList<>(IntStream.range(0, 40).mapToObj(i -> "line <" + i + ">").toList());
    said.add("E: apt-get update failed");
    host.onStart(command -> new FakeHost.Streamed(new byte[0], 25, said));

    assertThatThrownBy(() -> make("root"))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OPERATION_FAILED))
        .hasMessageContaining("mmdebstrap ended with status 25")
        .hasMessageEndingWith("line <39>\nE: apt-get update failed")
        .hasMessageNotContaining("line <20>");
  }

  @Test
  void a_failure_in_the_middle_of_the_stream_has_the_tools_words_not_those_of_the_stream() {
    byte[] whole = tar(tree());
    host.onStart(
        command ->
            new FakeHost.Streamed(
                Arrays.copyOf(whole, 700), 1, List.of("E: something has happened")));

    assertThatThrownBy(() -> make("root")).hasMessageContaining("E: something has happened");
  }

  @Test
  void a_full_disk_is_told_as_such() {
    host.onStart(
        command ->
            new FakeHost.Streamed(
                new byte[0], 1, List.of("tar: write error: No space left on device")));

    assertThatThrownBy(() -> make("root"))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE));
  }

  @Test
  void a_stream_that_is_no_image_is_an_error_although_the_tool_succeeds() {
    InputStream stream =
        new SequenceInputStream(
            new ByteArrayInputStream(tar(Map.of("./../escape", "x"))),
            new ByteArrayInputStream(new byte[100_000]));
    FakeHost.Streamed process = new FakeHost.Streamed(stream, 0, List.of());
    host.onStart(command -> process);

    // The fake would not end while any of its output is unread, as the real one would not.
    assertThatThrownBy(() -> make("root")).hasMessageContaining("escape");
    assertThat(process.closed).isTrue();
  }

  @Test
  void a_tree_that_does_not_fit_is_told_with_the_key_that_makes_it_fit() {
    Map<String, String> files = tree();
    files.put("./large", "x".repeat((int) SIZE));
    FakeHost.Streamed process = new FakeHost.Streamed(tar(files), 0, List.of());
    host.onStart(command -> process);

    assertThatThrownBy(() -> make("root"))
        .hasMessageContaining("make imageSize larger in dev.banger.image.cfg");
    assertThat(process.closed).isTrue();
  }

  @Test
  void a_cancelled_operation_ends_the_process() {
    byte[] whole = tar(tree());
    FakeHost.Streamed process =
        new FakeHost.Streamed(
            new ByteArrayInputStream(whole) {
              @Override
              public synchronized int read(byte[] into, int offset, int length) {
                operation.cancel("the client left");
                return super.read(into, offset, length);
              }
            },
            143,
            List.of());
    host.onStart(command -> process);

    assertThatThrownBy(() -> make("root")).hasMessage("the client left");
    assertThat(process.closed).isTrue();
  }

  @Test
  void the_host_and_the_configuration_are_looked_at_before_anything_is_made() throws IOException {
    host.missing.add("mmdebstrap");
    assertThatThrownBy(() -> make("root")).hasMessageContaining("mmdebstrap is not installed");
    host.missing.clear();
    ImageRecipe unsound =
        recipe("root", entry -> new DebianSources("x y", "z", "/k").lines(entry.release()));
    assertThatThrownBy(() -> unsound.make(rootfs, operation)).hasMessageContaining("debianMirror");

    try (var entries = Files.list(home.resolve("staging"))) {
      assertThat(entries).isEmpty();
    }
    assertThat(host.commands).isEmpty();
  }

  @Test
  void ubuntu_comes_from_its_own_archive_and_the_keys_are_looked_for_before_anything_is_made()
      throws IOException {
    hostSays("");
    Path keys = home.resolve("ubuntu.gpg");
    ImageCatalog catalog = ImageCatalog.load(new TestJson());
    ImageCatalog.Entry noble = catalog.find("ubuntu-noble").orElseThrow();
    ImageRecipe recipe =
        new DebianImageSource(
                host.debian(home, "root"),
                catalog,
                entry -> new UbuntuSources("http://mirror/ubuntu", keys).lines(entry.release()),
                () -> SIZE)
            .recipe(PullImage.of("ubuntu-noble"))
            .orElseThrow();

    assertThatThrownBy(() -> recipe.make(rootfs, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNFIT))
        .hasMessageContaining("install the package ubuntu-archive-keyring")
        .hasMessageContaining("copy " + keys);
    assertThat(home.resolve("staging")).isEmptyDirectory();
    assertThat(host.commands).isEmpty();

    Files.writeString(keys, "keys");
    ImageRecipe.Contents contents = recipe.make(rootfs, operation);

    String archive = "deb [signed-by=" + keys + "] http://mirror/ubuntu ";
    assertThat(host.last("mmdebstrap").argv())
        .contains("--include=" + String.join(",", noble.packages()))
        .endsWith(
            "noble",
            "-",
            archive + "noble main universe",
            archive + "noble-updates main universe",
            archive + "noble-security main universe");
    assertThat(recipe.origin()).isEqualTo("ubuntu:noble");
    assertThat(List.of(contents.distribution(), contents.release(), contents.kernel()))
        .containsExactly("ubuntu", "noble", "debian-cloud");
  }

  private ImageRecipe.Contents make(String user) throws IOException {
    return recipe(user, DebianImageSourceTest::lines).make(rootfs, operation);
  }

  private static List<String> lines(ImageCatalog.Entry entry) {
    return SOURCES.lines(entry.release());
  }

  private ImageRecipe recipe(String user, Function<ImageCatalog.Entry, List<String>> sources) {
    return new DebianImageSource(
            host.debian(home, user), new ImageCatalog(1, List.of(ENTRY)), sources, () -> SIZE)
        .recipe(PullImage.of(ENTRY.name()))
        .orElseThrow();
  }

  private void hostSays(String settings) {
    host.on("apt-config dump", command -> FakeHost.succeeded(settings));
    host.onStart(command -> new FakeHost.Streamed(tar(tree()), 0, List.of()));
  }

  private static Map<String, String> tree() {
    Map<String, String> files = new LinkedHashMap<>();
    files.put("./etc/hostname", "builder");
    files.put("./usr/bin/tool", "a tool");
    return files;
  }

  private static byte[] tar(Map<String, String> files) {
    Map<String, byte[]> contents = new LinkedHashMap<>();
    files.forEach((name, content) -> contents.put(name, content.getBytes(UTF_8)));
    try {
      return PackageSamples.tar(contents);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private String cat(String name) throws Exception {
    return run("debugfs", "-R", "cat " + name, rootfs.toString());
  }

  private static CommandResult run(List<String> argv) {
    try {
      return FakeHost.succeeded(run(argv.toArray(new String[0])));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String run(String... argv) throws Exception {
    Process process =
        new ProcessBuilder(argv).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
