// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.HostCommands;
import dev.banger.image.ImportImage;
import dev.banger.imageservice.HostTool;
import dev.banger.imageservice.ImageRecipe;
import dev.banger.imageservice.PlainCommands;
import dev.banger.imageservice.RealCommands;
import dev.banger.imageservice.TestConfiguration;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.operation.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What lies on this host becomes an image, by its content; what is hostile ends cleanly. */
@Timeout(120)
class ImageImporterTest {
  private static final String HELLO = "etc/hello";
  private static final long MIB = 1 << 20;

  @TempDir Path home;
  private final RealCommands host = new RealCommands();
  private final Operation operation = Operation.background();
  private Path staging;

  @BeforeEach
  void makeStaging() throws IOException {
    staging = Files.createDirectory(home.resolve("staging"));
  }

  // Tars of root file systems

  @Test
  void the_tar_of_a_root_file_system_becomes_an_image_however_it_is_compressed()
      throws IOException {
    byte[] tar = rootTar("hi\n");
    assertHello("hi\n", make(write("plain", tar)));
    for (String program : List.of("gzip", "xz", "bzip2", "zstd")) {
      HostTool.require(program);
      // The name says nothing on purpose.
      assertHello("hi\n", make(write("box", HostTool.filter(tar, program, "-c"))));
    }
  }

  @Test
  void a_tar_that_begins_like_an_archive_of_a_container_image_and_is_none_is_a_root_file_system()
      throws IOException {
    byte[] tar = tar(file("manifest.json", "[]"), file(HELLO, "hi\n"));

    assertHello("hi\n", make(write("box.tar", tar)));
  }

  @Test
  void hostile_tars_end_cleanly() throws IOException {
    assertRefused(ErrorCode.CORRUPT, write("up.tar", tar(file("../x", "x"))));
    byte[] whole = rootTar("x".repeat(100_000));
    assertRefused(
        ErrorCode.CORRUPT, write("cut.tar", java.util.Arrays.copyOf(whole, whole.length / 2)));
    HostTool.require("gzip");
    byte[] packed = HostTool.filter(whole, "gzip", "-c");
    assertRefused(
        ErrorCode.CORRUPT, write("cut.gz", java.util.Arrays.copyOf(packed, packed.length / 2)));
    assertRefused(
        ErrorCode.BAD_REQUEST, write("other.gz", HostTool.filter(new byte[4096], "gzip", "-c")));
    // A header that claims a gigabyte of names.
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(bomb)) {
      TarArchiveEntry names = new TarArchiveEntry("x", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
      names.setSize(1 << 21);
      out.putArchiveEntry(names);
      out.write(new byte[1 << 21]);
      out.closeArchiveEntry();
    }
    assertRefused(ErrorCode.CORRUPT, write("bomb.tar", bomb.toByteArray()));
  }

  // Container images

  @Test
  void what_skopeo_and_umoci_make_becomes_the_same_image_in_every_form() throws IOException {
    HostTool.require("skopeo");
    HostTool.require("umoci");
    Path layout = umociLayout();
    Path ociArchive = home.resolve("oci-archive");
    Path dockerArchive = home.resolve("docker-archive");
    host.succeed("skopeo", "copy", "oci:" + layout + ":v1", "oci-archive:" + ociArchive + ":v1");
    host.succeed(
        "skopeo", "copy", "oci:" + layout + ":v1", "docker-archive:" + dockerArchive + ":box:v1");

    for (Path each : List.of(layout, ociArchive, dockerArchive, gzipped(dockerArchive))) {
      ImageRecipe.Contents contents = assertHello("from umoci\n", make(each));
      assertThat(contents.config().user()).isEqualTo("daemon");
      assertThat(contents.config().entrypoint()).containsExactly("/bin/hello");
      assertThat(contents.digest()).startsWith("sha256:");
    }
  }

  @Test
  void both_forms_of_docker_save_are_read_and_links_among_layers_followed() throws IOException {
    byte[] lower = rootTar("old\n");
    byte[] upper = rootTar("new\n");
    String config = config(lower, upper, upper);
    String a = "a".repeat(64);
    String b = "b".repeat(64);
    String name = FileDigest.sha256(config.getBytes(StandardCharsets.UTF_8)) + ".json";
    byte[] old =
        tar(
            file(name, config),
            file(a + "/layer.tar", lower),
            file(b + "/VERSION", "1.0"),
            file(b + "/layer.tar", upper),
            symlink("c".repeat(64) + "/layer.tar", "../" + b + "/layer.tar"),
            file(
                "manifest.json",
                dockerManifest(
                    name, a + "/layer.tar", b + "/layer.tar", "c".repeat(64) + "/layer.tar")),
            file("repositories", "{}"));
    assertHello("new\n", make(write("old.tar", old)));

    String configBlob = "blobs/sha256/" + name.replace(".json", "");
    String one = "blobs/sha256/" + FileDigest.sha256(lower);
    String two = "blobs/sha256/" + FileDigest.sha256(upper);
    byte[] now =
        tar(
            file(configBlob, config),
            file(one, lower),
            file(two, upper),
            file("manifest.json", dockerManifest(configBlob, one, two, two)),
            file("oci-layout", "{}"));
    assertHello("new\n", make(write("new.tar", now)));
  }

  @Test
  void a_working_directory_that_no_layer_has_is_made_always_in_the_same_way() throws IOException {
    HostTool.require("debugfs");
    byte[] layer = rootTar("hi\n");
    String config =
        config(layer).replace("\"config\":{}", "\"config\":{\"WorkingDir\":\"/srv/app\"}");
    String a = "a".repeat(64);
    Path archive =
        write(
            "saved.tar",
            tar(
                file("config.json", config),
                file(a + ".tar", layer),
                file("manifest.json", dockerManifest("config.json", a + ".tar"))));

    assertThat(assertHello("hi\n", make(archive, 1L << 30)).config().workingDirectory())
        .isEqualTo("/srv/app");

    String image = staging.resolve("rootfs.ext4").toString();
    assertThat(host.succeed("debugfs", "-R", "stat /srv/app", image))
        .contains("Type: directory", "Mode:  0755");
    Path before = Files.move(staging.resolve("rootfs.ext4"), home.resolve("before"));
    make(archive, 1L << 30);
    assertThat(Files.mismatch(staging.resolve("rootfs.ext4"), before)).isNegative();
  }

  @Test
  void hostile_archives_of_container_images_end_cleanly() throws IOException {
    byte[] layer = rootTar("hi\n");
    String config = config(layer);
    String a = "a".repeat(64);
    byte[] good =
        tar(
            file("config.json", config),
            file(a + ".tar", layer),
            file("manifest.json", dockerManifest("config.json", a + ".tar")));
    assertHello("hi\n", make(write("good.tar", good)));

    byte[][] bad = {
      // another layer than the configuration's
      tar(
          file("config.json", config),
          file(a + ".tar", rootTar("evil\n")),
          file("manifest.json", dockerManifest("config.json", a + ".tar"))),
      // missing, twice, outside, in circles
      tar(
          file("config.json", config),
          file("manifest.json", dockerManifest("config.json", a + ".tar"))),
      tar(
          file("config.json", config),
          file("config.json", config),
          file(a + ".tar", layer),
          file("manifest.json", dockerManifest("config.json", a + ".tar"))),
      tar(
          file("config.json", config),
          symlink(a + ".tar", "/etc/passwd"),
          file("manifest.json", dockerManifest("config.json", a + ".tar"))),
      tar(
          file("config.json", config),
          symlink(a + ".tar", "../../../../etc/passwd"),
          file("manifest.json", dockerManifest("config.json", a + ".tar"))),
      tar(
          file("config.json", config),
          symlink(a + ".tar", a + ".tar"),
          file("manifest.json", dockerManifest("config.json", a + ".tar"))),
      tar(
          file("config.json", config),
          file(a + ".tar", layer),
          file("manifest.json", dockerManifest("../../etc/passwd", a + ".tar"))),
      // a configuration under the name of another one
      tar(
          file(a + ".json", config),
          file(a + ".tar", layer),
          file("manifest.json", dockerManifest(a + ".json", a + ".tar"))),
      // another number of layers
      tar(
          file("config.json", config),
          file(a + ".tar", layer),
          file("manifest.json", dockerManifest("config.json", a + ".tar", a + ".tar"))),
      // the name of a file that does not follow
      tar(
          file("config.json", config),
          file(a + ".tar", layer),
          file("manifest.json", dockerManifest("config.json", a + ".tar")),
          new Entry("x", TarConstants.LF_GNUTYPE_LONGNAME, new byte[] {'x', 0}, "")),
    };
    for (int i = 0; i < bad.length; i++) {
      assertRefused(ErrorCode.CORRUPT, write("bad" + i + ".tar", bad[i]));
    }
    for (String manifest : List.of("", "{}", "[", "[{\"Config\":1}]", "[[]]", "null")) {
      assertRefused(null, write("manifest.tar", tar(file("manifest.json", manifest))));
    }
    String two = dockerManifest("config.json", a + ".tar");
    assertRefused(
        ErrorCode.BAD_REQUEST,
        write("two.tar", tar(file("manifest.json", two.replace("]}]", "]},{}]")))));
    assertRefused(
        ErrorCode.BAD_REQUEST,
        write(
            "arm.tar",
            tar(
                file("config.json", config.replace("amd64", "arm64")),
                file(a + ".tar", layer),
                file("manifest.json", dockerManifest("config.json", a + ".tar")))));
    List<Entry> many = new ArrayList<>();
    for (int i = 0; i <= 10_000; i++) {
      many.add(file("blobs/" + i, ""));
    }
    assertRefused(ErrorCode.CORRUPT, write("many.tar", tar(many.toArray(new Entry[0]))));
  }

  @Test
  void a_layout_whose_bytes_are_not_what_its_digests_say_is_refused() throws IOException {
    HostTool.require("umoci");
    Path layout = umociLayout();
    assertHello("from umoci\n", make(layout));
    List<Path> blobs;
    try (Stream<Path> files = Files.list(layout.resolve("blobs/sha256"))) {
      blobs = files.filter(file -> reachable(layout, file)).toList();
    }
    assertThat(blobs).hasSizeGreaterThanOrEqualTo(3);
    for (Path blob : blobs) {
      byte[] good = Files.readAllBytes(blob);
      byte[] bad = good.clone();
      bad[bad.length / 2] ^= 1;
      Files.write(blob, bad);
      assertRefused(null, layout);
      Files.write(blob, java.util.Arrays.copyOf(good, good.length - 1));
      assertRefused(ErrorCode.CORRUPT, layout);
      Files.write(blob, good);
    }
    assertHello("from umoci\n", make(layout));
  }

  /** umoci leaves the manifests of earlier steps behind; those do not count. */
  private boolean reachable(Path layout, Path blob) {
    try {
      String name = blob.getFileName().toString();
      if (Files.readString(layout.resolve("index.json")).contains(name)) {
        return true;
      }
      String index = Files.readString(layout.resolve("index.json"));
      String manifest = index.replaceAll("(?s).*\"digest\":\"sha256:([0-9a-f]{64})\".*", "$1");
      return Files.readString(layout.resolve("blobs/sha256/" + manifest)).contains(name);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void symbolic_links_of_a_layout_are_not_followed() throws IOException {
    HostTool.require("umoci");
    Path layout = umociLayout();
    Path outside = home.resolve("outside");
    Files.move(layout.resolve("blobs"), outside);
    Files.createSymbolicLink(layout.resolve("blobs"), outside);
    assertRefused(ErrorCode.CORRUPT, layout);

    Files.delete(layout.resolve("blobs"));
    Files.move(outside, layout.resolve("blobs"));
    assertHello("from umoci\n", make(layout));
    Path index = home.resolve("index");
    Files.move(layout.resolve("index.json"), index);
    Files.createSymbolicLink(layout.resolve("index.json"), index);
    assertRefused(ErrorCode.BAD_REQUEST, layout);
  }

  @Test
  void an_index_that_leads_to_itself_ends() throws IOException {
    Path layout = Files.createDirectory(home.resolve("layout"));
    Files.createDirectories(layout.resolve("blobs/sha256"));
    // A chain as deep as one likes is what digests allow instead of a circle.
    String next = "{\"schemaVersion\":2,\"manifests\":[]}";
    for (int i = 0; i < 9; i++) {
      byte[] bytes = next.getBytes(StandardCharsets.UTF_8);
      String digest = FileDigest.sha256(bytes);
      Files.write(layout.resolve("blobs/sha256/" + digest), bytes);
      next =
          "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"digest\":\"sha256:%s\",\"size\":%d}]}"
              .formatted(digest, bytes.length);
    }
    Files.writeString(layout.resolve("index.json"), next);

    assertRefused(ErrorCode.OPERATION_FAILED, layout);
  }

  // File systems and disks

  @Test
  void a_file_system_becomes_an_image_of_its_size_or_a_larger_one() throws IOException {
    Path file = fileSystem("fs", 32 * MIB);

    assertThat(make(file).sizeBytes()).isEqualTo(32 * MIB);
    assertThat(staging.resolve("rootfs.ext4")).hasSameBinaryContentAs(file);
    assertThat(make(file, 64 * MIB).sizeBytes()).isEqualTo(64 * MIB);
    assertHello("hello\n", null);
    Path small = fileSystem("small", 128 * MIB);
    assertRefused(ErrorCode.BAD_REQUEST, small, 64 * MIB);
    try (RandomAccessFile cut = new RandomAccessFile(small.toFile(), "rw")) {
      cut.setLength(100 * MIB);
    }
    assertRefused(ErrorCode.CORRUPT, small);
  }

  @Test
  void the_root_partition_of_a_disk_becomes_the_image() throws IOException {
    HostTool.require("sfdisk");
    Path root = fileSystem("root", 32 * MIB);
    String rootType = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709";
    String linux = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";

    // By type, though another is larger and comes first.
    Path typed =
        disk(
            "label: gpt\nstart=2048, size=131072, type="
                + linux
                + "\nstart=133120, size=65536, type="
                + rootType
                + "\n",
            133120 * 512L,
            root);
    put(fileSystem("big", 64 * MIB), typed, 2048 * 512L);
    assertSame(root, make(typed));
    // By name, and by being the only ext4 one.
    Path named =
        disk(
            "label: gpt\nstart=2048, size=131072, type="
                + linux
                + "\nstart=133120, size=65536, type="
                + linux
                + ", name=\"root\"\n",
            133120 * 512L,
            root);
    put(fileSystem("big", 64 * MIB), named, 2048 * 512L);
    assertSame(root, make(named));
    Path only =
        disk(
            "label: dos\nstart=2048, size=2048, type=ef\nstart=4096, size=65536, type=83\n",
            4096 * 512L,
            root);
    assertSame(root, make(only));
    Path logical =
        disk(
            "label: dos\nstart=2048, size=2048, type=83\nstart=4096, size=200000, type=5\nstart=6144, size=4096, type=83\nstart=12288, size=65536, type=83\n",
            12288 * 512L,
            root);
    assertSame(root, make(logical));
  }

  @Test
  void a_disk_without_an_ext4_root_is_refused_with_what_it_has() throws IOException {
    HostTool.require("sfdisk");
    Path root = fileSystem("root", 32 * MIB);
    Path xfs =
        disk(
            "label: gpt\nstart=2048, size=65536, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=\"system\"\nstart=67584, size=65536\n",
            67584 * 512L,
            root);
    put(write("xfs", "XFSB".getBytes(StandardCharsets.US_ASCII)), xfs, 2048 * 512L);

    assertThatThrownBy(() -> make(xfs))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST))
        .hasMessageContaining("1: \"system\" XFS, 32 MiB")
        .hasMessageContaining("2: ext4, 32 MiB");
  }

  @Test
  void damaged_partition_tables_are_refused() throws IOException {
    HostTool.require("sfdisk");
    Path root = fileSystem("root", 32 * MIB);
    Path good = disk("label: gpt\nstart=2048, size=65536\n", 2048 * 512L, root);
    assertSame(root, make(good));
    for (int offset : new int[] {512 + 16, 512 + 40, 512 + 80, 512 + 84, 1024 + 32, 1024 + 40}) {
      Path bad = Files.copy(good, home.resolve("bad" + offset));
      try (RandomAccessFile disk = new RandomAccessFile(bad.toFile(), "rw")) {
        disk.seek(offset);
        disk.write(0x7f);
      }
      assertRefused(ErrorCode.CORRUPT, bad);
    }
    // A chain of logical partitions that leads to its own beginning.
    Path loop =
        disk(
            "label: dos\nstart=2048, size=200000, type=5\nstart=4096, size=65536, type=83\n",
            4096 * 512L,
            root);
    assertSame(root, make(loop));
    byte[] next =
        ByteBuffer.allocate(16)
            .order(java.nio.ByteOrder.LITTLE_ENDIAN)
            .put(4, (byte) 5)
            .putInt(8, 0)
            .putInt(12, 1)
            .array();
    try (RandomAccessFile disk = new RandomAccessFile(loop.toFile(), "rw")) {
      disk.seek(2048 * 512L + 446 + 16);
      disk.write(next);
    }
    assertRefused(ErrorCode.CORRUPT, loop);
  }

  @Test
  void a_qcow2_disk_is_unpacked_unless_it_needs_other_files() throws IOException {
    HostTool.require("qemu-img");
    Path root = fileSystem("root", 32 * MIB);
    Path good = home.resolve("good");
    host.succeed(
        "qemu-img", "convert", "-f", "raw", "-O", "qcow2", root.toString(), good.toString());
    assertSame(root, make(good));

    Path backed = home.resolve("backed");
    host.succeed(
        "qemu-img", "create", "-f", "qcow2", "-F", "raw", "-b", root.toString(), backed.toString());
    Path split = home.resolve("split");
    host.succeed(
        "qemu-img",
        "create",
        "-f",
        "qcow2",
        "-o",
        "data_file=" + home.resolve("data"),
        split.toString(),
        "32M");
    Path huge = home.resolve("huge");
    host.succeed("qemu-img", "create", "-f", "qcow2", huge.toString(), "2T");
    int before = host.run.size();
    assertRefused(ErrorCode.BAD_REQUEST, backed);
    assertRefused(ErrorCode.BAD_REQUEST, split);
    assertRefused(ErrorCode.OPERATION_FAILED, huge);
    assertThat(host.run.subList(before, host.run.size()))
        .as("no program opens a file that its header makes suspect")
        .noneMatch(argv -> argv.get(0).equals("qemu-img"));
    assertRefused(
        ErrorCode.CORRUPT, write("short", new byte[] {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3}));
  }

  // Everything else

  @Test
  void what_is_nothing_that_can_be_imported_is_refused_with_what_can() throws IOException {
    for (Path each :
        List.of(
            write("empty", new byte[0]),
            write("zeros", new byte[8192]),
            write("text", "hello".repeat(1000).getBytes(StandardCharsets.UTF_8)),
            Files.createDirectory(home.resolve("directory")))) {
      assertRefused(ErrorCode.BAD_REQUEST, each);
      assertThatThrownBy(() -> make(each)).hasMessageContaining("docker save");
    }
    assertThatThrownBy(() -> make(write("vmdk", "KDMV".getBytes(StandardCharsets.US_ASCII))))
        .hasMessageContaining("VMDK");
    assertRefused(ErrorCode.NOT_FOUND, home.resolve("absent"));
    assertRefused(ErrorCode.BAD_REQUEST, Path.of("relative"));
  }

  @Test
  void an_image_is_called_like_its_file() throws IOException {
    assertThat(name("my app_1.tar.gz")).isEqualTo("my-app_1");
    assertThat(name("disk.qcow2")).isEqualTo("disk");
    assertThat(name("-.img")).isEqualTo("image");
  }

  private String name(String file) throws IOException {
    return importer(new PlainCommands())
        .recipe(new ImportImage(write(file, new byte[0]), null, null, null))
        .name();
  }

  @Test
  void a_caller_who_leaves_ends_the_import() throws IOException {
    Path file = fileSystem("fs", 32 * MIB);
    Operation leaving = Operation.background();
    leaving.cancel("the client left");
    ImageRecipe recipe = importer(host).recipe(new ImportImage(file, null, null, null));

    assertThatThrownBy(() -> recipe.make(staging.resolve("rootfs.ext4"), leaving))
        .hasMessageContaining("the client left");
  }

  private static ImageImporter importer(HostCommands commands) {
    return new ImageImporter(TestConfiguration.settings(), commands);
  }

  private ImageRecipe.Contents make(Path path) throws IOException {
    return make(path, null);
  }

  private ImageRecipe.Contents make(Path path, Long size) throws IOException {
    clear();
    ImageRecipe.Contents contents =
        importer(host)
            .recipe(new ImportImage(path, null, null, size))
            .make(staging.resolve("rootfs.ext4"), operation);
    assertThat(staging).isDirectoryNotContaining("glob:**/tmp");
    return contents;
  }

  private void clear() throws IOException {
    dev.banger.imageservice.storage.TreeRemoval.remove(staging);
    Files.createDirectory(staging);
  }

  private void assertRefused(ErrorCode code, Path path) {
    assertRefused(code, path, null);
  }

  private void assertRefused(ErrorCode code, Path path, Long size) {
    assertThatThrownBy(() -> make(path, size))
        .as(path.toString())
        .isInstanceOfSatisfying(
            BangerException.class,
            e -> {
              if (code != null) {
                assertThat(e.code()).isEqualTo(code);
              }
            });
  }

  private ImageRecipe.Contents assertHello(String text, ImageRecipe.Contents contents) {
    String image = staging.resolve("rootfs.ext4").toString();
    HostTool.require("debugfs");
    assertThat(host.succeed("debugfs", "-R", "cat /" + HELLO, image)).isEqualTo(text);
    return contents;
  }

  private void assertSame(Path expected, ImageRecipe.Contents contents) {
    assertThat(contents.sizeBytes()).isEqualTo(expected.toFile().length());
    assertThat(staging.resolve("rootfs.ext4")).hasSameBinaryContentAs(expected);
  }

  private Path write(String name, byte[] content) throws IOException {
    return Files.write(home.resolve(name), content);
  }

  private Path gzipped(Path file) throws IOException {
    return write("gzipped", HostTool.filter(Files.readAllBytes(file), "gzip", "-c"));
  }

  private Path umociLayout() throws IOException {
    Path layout = home.resolve("umoci");
    host.succeed("umoci", "init", "--layout", layout.toString());
    host.succeed("umoci", "new", "--image", layout + ":v1");
    String bundle = home.resolve("unpacked").toString();
    host.succeed("umoci", "unpack", "--rootless", "--image", layout + ":v1", bundle);
    Files.createDirectories(Path.of(bundle, "rootfs/etc"));
    Files.writeString(Path.of(bundle, "rootfs", HELLO), "from umoci\n");
    host.succeed("umoci", "repack", "--image", layout + ":v1", bundle);
    host.succeed(
        "umoci",
        "config",
        "--image",
        layout + ":v1",
        "--config.user",
        "daemon",
        "--config.entrypoint",
        "/bin/hello",
        "--architecture",
        "amd64",
        "--os",
        "linux");
    host.succeed("umoci", "gc", "--layout", layout.toString());
    return layout;
  }

  private Path fileSystem(String name, long size) throws IOException {
    HostTool.require("mke2fs");
    Path tree = Files.createDirectories(home.resolve("tree-" + name));
    Files.createDirectories(tree.resolve("etc"));
    Files.writeString(tree.resolve(HELLO), "hello\n");
    Path file = home.resolve(name);
    Files.deleteIfExists(file);
    host.succeed(
        "mke2fs", "-q", "-t", "ext4", "-d", tree.toString(), file.toString(), (size >> 10) + "k");
    return file;
  }

  /** A disk with a partition table that sfdisk writes and a file system at an offset. */
  private Path disk(String table, long offset, Path content) throws IOException {
    Path disk = home.resolve("disk" + table.hashCode());
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(160 * MIB);
    }
    Process process =
        new ProcessBuilder(HostTool.find("sfdisk").orElseThrow().toString(), "-q", disk.toString())
            .redirectErrorStream(true)
            .start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(table.getBytes(StandardCharsets.UTF_8));
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      assertThat(process.waitFor()).as(said).isZero();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    put(content, disk, offset);
    return disk;
  }

  private static void put(Path content, Path disk, long offset) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(offset);
      file.write(Files.readAllBytes(content));
    }
  }

  private static String config(byte[]... layers) {
    List<String> diffIds = new ArrayList<>();
    for (byte[] layer : layers) {
      diffIds.add("\"sha256:" + FileDigest.sha256(layer) + "\"");
    }
    return "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":["
        + String.join(",", diffIds)
        + "]}}";
  }

  private static String dockerManifest(String config, String... layers) {
    return "[{\"Config\":\""
        + config
        + "\",\"RepoTags\":[\"box:v1\"],\"Layers\":[\""
        + String.join("\",\"", layers)
        + "\"]}]";
  }

  private static byte[] rootTar(String hello) throws IOException {
    return tar(new Entry("etc/", TarConstants.LF_DIR, new byte[0], ""), file(HELLO, hello));
  }

  private record Entry(String name, byte type, byte[] content, String link) {}

  private static Entry file(String name, String content) {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private static Entry file(String name, byte[] content) {
    return new Entry(name, TarConstants.LF_NORMAL, content, "");
  }

  private static Entry symlink(String name, String target) {
    return new Entry(name, TarConstants.LF_SYMLINK, new byte[0], target);
  }

  private static byte[] tar(Entry... entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes)) {
      for (Entry each : entries) {
        TarArchiveEntry entry = new TarArchiveEntry(each.name(), each.type());
        entry.setLinkName(each.link());
        entry.setSize(each.content().length);
        out.putArchiveEntry(entry);
        out.write(each.content());
        out.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }
}
