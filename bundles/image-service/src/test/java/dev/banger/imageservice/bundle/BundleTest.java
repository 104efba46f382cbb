// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.ext4.Ext4ImageWriter;
import dev.banger.ext4.Ext4Options;
import dev.banger.image.Image;
import dev.banger.image.ImageBundle;
import dev.banger.image.ImageConfig;
import dev.banger.image.PullImage;
import dev.banger.imageservice.HostTool;
import dev.banger.imageservice.ImageRecipe;
import dev.banger.imageservice.PlainCommands;
import dev.banger.imageservice.RealCommands;
import dev.banger.imageservice.TestJson;
import dev.banger.imageservice.storage.DiskUsage;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.operation.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is written as a bundle is read again, and nothing else is. */
@Timeout(60)
class BundleTest {
  private static final long SIZE = 16 << 20;
  private static final ImageConfig CONFIG =
      new ImageConfig(Map.of("A", "b=c"), "daemon", "/srv", List.of("/x"), List.of("y"));

  @TempDir Path home;
  private final TestJson json = new TestJson();
  private final Operation operation = Operation.background();
  private Path rootfs;
  private Image image;

  @BeforeEach
  void makeImage() throws IOException {
    rootfs = home.resolve("rootfs.ext4");
    try (Ext4ImageWriter writer =
        Ext4ImageWriter.create(rootfs, Ext4Options.ofSize(SIZE).seed(new byte[] {1}).build())) {
      writer.finish();
    }
    image = image(SIZE);
  }

  private Image image(long size) {
    return new Image(
        "0123456789ab",
        "box",
        "debian",
        "bookworm",
        "amd64",
        "debian-cloud",
        rootfs,
        size,
        size,
        "test",
        null,
        CONFIG,
        false,
        Instant.EPOCH);
  }

  @Test
  void a_bundle_is_named_for_its_digest_and_becomes_the_same_image_with_the_same_holes()
      throws IOException {
    Path target = Files.createDirectory(home.resolve("out"));

    ImageBundle bundle = new BundleWriter(json).write(image, target, operation);

    assertThat(bundle.sha256()).isEqualTo(FileDigest.sha256(bundle.path()));
    assertThat(bundle.sizeBytes()).isEqualTo(Files.size(bundle.path())).isLessThan(SIZE / 50);
    assertThat(bundle.path())
        .isEqualTo(target.resolve("box-amd64-" + bundle.sha256().substring(0, 12) + ".tar.zst"));
    assertThat(names(target)).hasSize(1);
    ImageRecipe recipe = recipe("file:" + bundle.path(), bundle.sha256());
    assertThat(recipe.name()).isEqualTo("box");
    Path made = home.resolve("made");
    ImageRecipe.Contents contents = recipe.make(made, operation);
    assertThat(made).hasSameBinaryContentAs(rootfs);
    assertThat(contents.config()).isEqualTo(CONFIG);
    assertThat(contents.kernel()).isEqualTo("debian-cloud");
    assertThat(contents.digest()).isEqualTo("sha256:" + FileDigest.sha256(rootfs));
    assertThat(DiskUsage.of(made, new RealCommands(), operation)).isLessThan(SIZE / 4);
  }

  @Test
  void other_tools_read_what_is_written_and_what_they_write_is_read() throws IOException {
    HostTool.require("zstd");
    HostTool.require("tar");
    RealCommands host = new RealCommands();
    ImageBundle bundle = new BundleWriter(json).write(image, home, operation);
    Path tree = Files.createDirectory(home.resolve("tree"));

    host.succeed("tar", "--zstd", "-xf", bundle.path().toString(), "-C", tree.toString());

    assertThat(names(tree)).containsExactlyInAnyOrder("manifest.json", "rootfs.ext4");
    assertThat(tree.resolve("rootfs.ext4")).hasSameBinaryContentAs(rootfs);
    Path packed = home.resolve("other.tar.zst");
    host.succeed(
        "tar",
        "--zstd",
        "-cf",
        packed.toString(),
        "-C",
        tree.toString(),
        "manifest.json",
        "rootfs.ext4");
    Path made = home.resolve("made");
    recipe(packed.toString(), null).make(made, operation);
    assertThat(made).hasSameBinaryContentAs(rootfs);
  }

  @Test
  void nothing_is_left_where_a_bundle_could_not_be_written() throws IOException {
    Path target = Files.createDirectory(home.resolve("out"));
    AtomicReference<Operation> self = new AtomicReference<>();
    Operation cancelled = Operation.start(event -> self.get().cancel("the client left"));
    self.set(cancelled);
    BundleWriter writer = new BundleWriter(json);

    assertThatThrownBy(() -> writer.write(image, target, cancelled))
        .hasMessageContaining("the client left");
    assertThatThrownBy(() -> writer.write(image(SIZE + 4096), target, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
    assertThatThrownBy(() -> writer.write(image(SIZE - 4096), target, operation))
        .hasMessageContaining("larger than its record");
    assertThatThrownBy(() -> writer.write(image, home.resolve("absent"), operation))
        .hasMessageContaining("no directory");
    assertThatThrownBy(() -> writer.write(image, Path.of("relative"), operation))
        .hasMessageContaining("absolute");
    assertThat(names(target)).isEmpty();
    writer.write(image, target, operation);
    assertThat(names(target)).hasSize(1);
  }

  @Test
  void an_archive_with_anything_else_is_refused() throws IOException {
    String manifest = manifest(FileDigest.sha256(rootfs), SIZE);
    assertAccepted(tar -> tar.file("rootfs.ext4", bytes()).file("manifest.json", manifest));
    assertAccepted(tar -> tar.file("manifest.json", manifest).file("rootfs.ext4", bytes()));
    assertAccepted(
        tar -> tar.file("manifest.json", manifest).file("rootfs.ext4", bytes()).end().zeros(8192));

    assertRefused("may only be", tar -> whole(tar, manifest).file("extra", "x"));
    assertRefused("may only be", tar -> tar.file("/etc/passwd", "x"));
    assertRefused("may only be", tar -> tar.file("../rootfs.ext4", "x"));
    assertRefused("may only be", tar -> tar.file("./rootfs.ext4", bytes()));
    assertRefused("may only be", tar -> tar.file("a\nb\u001b[2J", "x"));
    assertRefused("twice", tar -> whole(tar, manifest).file("manifest.json", manifest));
    assertRefused("lacks rootfs.ext4", tar -> tar.file("manifest.json", manifest));
    assertRefused("lacks manifest.json", tar -> tar.file("rootfs.ext4", bytes()));
    assertRefused("lacks", tar -> tar);
    for (char type : "123456xgLKS".toCharArray()) {
      assertRefused("no plain file", tar -> tar.entry("manifest.json", type, new byte[0]));
    }
    assertRefused("follows", tar -> whole(tar, manifest).end().file("extra", "x"));
    assertRefused("follows", tar -> whole(tar, manifest).end().zeros(2 << 20));
    assertRefused("damaged", tar -> tar.raw(new byte[512], 1));
    byte[] text = "hello ".repeat(86).substring(0, 512).getBytes(StandardCharsets.US_ASCII);
    assertRefused("damaged", tar -> tar.raw(text, 'h'));
    assertRefused("larger than", tar -> tar.file("manifest.json", new byte[(1 << 20) + 1]));
    assertRefused(
        "version 2", tar -> whole(tar, manifest.replace("\"version\":1", "\"version\":2")));
    assertRefused("manifest.json", tar -> whole(tar, "{}"));
    assertRefused("manifest.json", tar -> whole(tar, "null"));
    assertRefused("architecture", tar -> whole(tar, manifest.replace("amd64", "arm64")));
    assertRefused("not allowed", tar -> whole(tar, manifest.replace("\"box\"", "\"../box\"")));
    assertRefused("not allowed", tar -> whole(tar, manifest.replace("debian-cloud", "a/b")));
    assertRefused("not allowed", tar -> whole(tar, manifest.replace("bookworm", "b\\u001b")));
    assertRefused("process", tar -> whole(tar, manifest.replace("/srv", "/s\\u0000")));
    assertRefused("sha256", tar -> whole(tar, manifest("0".repeat(64), SIZE)));
    assertRefused("bytes", tar -> whole(tar, manifest(FileDigest.sha256(rootfs), SIZE + 1)));
    byte[] plain = new byte[4096];
    assertRefused(
        "no ext4",
        tar ->
            tar.file("rootfs.ext4", plain)
                .file("manifest.json", manifest(FileDigest.sha256(plain), plain.length)));
    byte[] cut = Arrays.copyOf(bytes(), 1 << 20);
    assertRefused(
        "no ext4",
        tar ->
            tar.file("rootfs.ext4", cut)
                .file("manifest.json", manifest(FileDigest.sha256(cut), cut.length)));
  }

  @Test
  void a_bundle_beyond_the_limit_is_refused_before_it_is_unpacked() throws IOException {
    Path bundle = pack(tar -> whole(tar, manifest(FileDigest.sha256(rootfs), SIZE)));
    Path made = home.resolve("made");

    assertThatThrownBy(
            () -> recipe(source(SIZE - 1), bundle.toString(), null).make(made, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OPERATION_FAILED))
        .hasMessageContaining("largestContent");
    assertThat(made).doesNotExist();
    recipe(source(SIZE), bundle.toString(), null).make(made, operation);
    assertThat(made).exists();
  }

  @Test
  void truncated_and_altered_bundles_are_refused() throws IOException {
    byte[] good =
        Files.readAllBytes(pack(tar -> whole(tar, manifest(FileDigest.sha256(rootfs), SIZE))));
    for (byte[] bad :
        List.of(
            new byte[0],
            Arrays.copyOf(good, 3),
            Arrays.copyOf(good, good.length / 2),
            Arrays.copyOf(good, good.length - 1),
            Arrays.copyOf(good, good.length + 9),
            flipped(good))) {
      Path bundle = Files.write(home.resolve("bad.tar.zst"), bad);
      assertThatThrownBy(() -> recipe(bundle.toString(), null).make(fresh(), operation))
          .isInstanceOfSatisfying(
              BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
    }
    Path bundle = Files.write(home.resolve("good.tar.zst"), good);
    String sha256 = FileDigest.sha256(good);
    assertThatThrownBy(() -> recipe(bundle.toString(), "0".repeat(64)).make(fresh(), operation))
        .hasMessageContaining(sha256);
    recipe(bundle.toString(), sha256).make(fresh(), operation);
  }

  @Test
  void only_bundles_are_taken_and_each_with_what_it_needs() {
    assertThat(source(SIZE).recipe(PullImage.of("debian-bookworm"))).isEmpty();
    assertThat(source(SIZE).recipe(PullImage.of("docker.io/library/alpine"))).isEmpty();
    assertRequestRefused("--sha256", "https://example.org/box.tar.zst", null);
    assertRequestRefused("64", "/box.tar.zst", "abc");
    assertRequestRefused("ends with .tar.zst", "/box.tar", null);
    assertRequestRefused("ends with .tar.zst", "/.tar.zst", null);
    assertRequestRefused("password", "https://me:pw@example.org/box.tar.zst", "0".repeat(64));
    assertRequestRefused("file:", "file://host/box.tar.zst", null);
    assertRequestRefused("bundles", "alpine", "0".repeat(64));
    assertThatThrownBy(() -> recipe("/absent.tar.zst", null).make(fresh(), operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    assertThat(recipe("https://e.org/a/My%20box.tar.zst?token=x", "A".repeat(64)).origin())
        .isEqualTo("https://e.org/a/My box.tar.zst@sha256:" + "a".repeat(64));
    assertThat(recipe("file:///srv/My box!.tar.zst".replace(" ", "%20"), null).name())
        .isEqualTo("My-box-");
  }

  private void assertRequestRefused(String why, String source, String sha256) {
    assertThatThrownBy(() -> recipe(source, sha256))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST))
        .hasMessageContaining(why);
  }

  private interface Content {
    Tar write(Tar tar) throws IOException;
  }

  private void assertAccepted(Content content) throws IOException {
    Path made = fresh();
    recipe(pack(content).toString(), null).make(made, operation);
    assertThat(made).hasSameBinaryContentAs(rootfs);
  }

  private void assertRefused(String why, Content content) throws IOException {
    Path bundle = pack(content);
    assertThatThrownBy(() -> recipe(bundle.toString(), null).make(fresh(), operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT))
        .hasMessageContaining(why)
        .hasMessageMatching("[^\\p{Cntrl}]*");
  }

  private Tar whole(Tar tar, String manifest) throws IOException {
    return tar.file("rootfs.ext4", bytes()).file("manifest.json", manifest);
  }

  private String manifest(String sha256, long size) {
    BundleManifest manifest = BundleManifest.of(image, size, sha256);
    return json.write(manifest);
  }

  private byte[] bytes() throws IOException {
    return Files.readAllBytes(rootfs);
  }

  private Path pack(Content content) throws IOException {
    Path file = home.resolve("packed.tar.zst");
    try (OutputStream out = new ZstdCompressorOutputStream(Files.newOutputStream(file))) {
      content.write(new Tar(out)).end();
    }
    return file;
  }

  private static byte[] flipped(byte[] good) {
    byte[] bad = good.clone();
    bad[bad.length / 2] ^= 1;
    return bad;
  }

  private Path fresh() throws IOException {
    Path made = home.resolve("fresh");
    Files.deleteIfExists(made);
    return made;
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    }
  }

  private ImageRecipe recipe(String source, String sha256) {
    return recipe(source(SIZE), source, sha256);
  }

  private static ImageRecipe recipe(BundleImageSource from, String source, String sha256) {
    return from.recipe(new PullImage(source, null, null, null, false, sha256)).orElseThrow();
  }

  private BundleImageSource source(long largest) {
    return new BundleImageSource(
        new PlainCommands(),
        json,
        () -> largest,
        new BundleDownload(HttpClient::newHttpClient, Duration.ofSeconds(20), Duration.ZERO));
  }

  /** Writes headers that no writer would. */
  private static final class Tar {
    private final OutputStream out;

    Tar(OutputStream out) {
      this.out = out;
    }

    Tar file(String name, String content) throws IOException {
      return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    Tar file(String name, byte[] content) throws IOException {
      return entry(name, '0', content);
    }

    Tar entry(String name, char type, byte[] content) throws IOException {
      ByteArrayOutputStream header = new ByteArrayOutputStream();
      BundleTar.writeHeader(name, content.length, header);
      byte[] bytes = header.toByteArray();
      bytes[156] = (byte) type;
      Arrays.fill(bytes, 148, 156, (byte) ' ');
      int sum = 0;
      for (byte each : bytes) {
        sum += each & 0xff;
      }
      byte[] digits = "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(digits, 0, bytes, 148, 8);
      out.write(bytes);
      out.write(content);
      BundleTar.writePadding(content.length, out);
      return this;
    }

    Tar raw(byte[] record, int first) throws IOException {
      record[0] = (byte) first;
      out.write(record);
      return this;
    }

    Tar zeros(int count) throws IOException {
      out.write(new byte[count]);
      return this;
    }

    Tar end() throws IOException {
      BundleTar.writeEnd(out);
      return this;
    }
  }
}
