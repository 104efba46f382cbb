// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.error.BangerException;
import dev.banger.ext4.Ext4Options;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import net.jqwik.api.lifecycle.LifecycleContext;
import net.jqwik.api.lifecycle.SkipExecutionHook;
import net.jqwik.api.statistics.Statistics;

/** The kernel sees in an image what umoci makes of the same layers. */
class UmociOracleTest {

  enum Kind {
    DIRECTORY,
    FILE,
    SYMLINK,
    HARD_LINK,
    FIFO,
    WHITEOUT,
    OPAQUE
  }

  /** One entry. */
  record Step(Kind kind, String path, String other, int number) {}

  private Path home;

  /** Skips where umoci or root's rights are missing. */
  static final class Needed implements SkipExecutionHook {
    @Override
    public SkipResult shouldBeSkipped(LifecycleContext context) {
      try {
        return HostTool.exists("umoci") && HostTool.exists("e2fsck") && VisibleTree.isMountable()
            ? SkipResult.doNotSkip()
            : SkipResult.skip("umoci or e2fsck is not installed, or this user cannot mount");
      } catch (IOException e) {
        return SkipResult.skip("this user cannot loop-mount ext4 here: " + e.getMessage());
      }
    }
  }

  @BeforeTry
  void makeHome() throws IOException {
    home = Files.createTempDirectory("umoci-oracle");
  }

  @AfterTry
  void removeHome() {
    HostTool.output("rm", "-rf", home.toString());
  }

  @Provide
  Arbitrary<List<List<Step>>> layers() {
    Arbitrary<String> name = Arbitraries.of("a", "b", "c", "d", "e\n\u00ff");
    Arbitrary<String> path =
        name.list().ofMinSize(1).ofMaxSize(3).map(names -> String.join("/", names));
    Arbitrary<Kind> kind =
        Arbitraries.frequency(
            Tuple.of(5, Kind.DIRECTORY),
            Tuple.of(8, Kind.FILE),
            Tuple.of(2, Kind.SYMLINK),
            Tuple.of(3, Kind.HARD_LINK),
            Tuple.of(1, Kind.FIFO),
            Tuple.of(3, Kind.WHITEOUT),
            Tuple.of(2, Kind.OPAQUE));
    Arbitrary<Step> step =
        Combinators.combine(kind, path, path, Arbitraries.integers().between(0, 1000))
            .as(Step::new);
    return step.list().ofMinSize(1).ofMaxSize(10).list().ofMinSize(1).ofMaxSize(4);
  }

  @Property(tries = 40, shrinking = ShrinkingMode.BOUNDED)
  @AddLifecycleHook(Needed.class)
  void random_layers_become_what_umoci_makes_of_them(@ForAll("layers") List<List<Step>> layers)
      throws Exception {
    List<byte[]> tars = new ArrayList<>();
    List<String> files = new ArrayList<>();
    for (List<Step> steps : layers) {
      TarBytes tar = new TarBytes();
      steps.forEach(step -> add(step, tar, files));
      tars.add(tar.end());
    }
    Statistics.collect(compare(tars));
  }

  private static void add(Step step, TarBytes tar, List<String> files) {
    int number = step.number;
    if (step.kind != Kind.HARD_LINK) {
      tar.mode(0700 | number & 077).owner(number, number + 5_000_000);
      tar.pax("mtime", number + ".000000" + (100 + number % 100));
    }
    String last = step.path.substring(step.path.lastIndexOf('/') + 1);
    String parent = step.path.substring(0, step.path.length() - last.length());
    switch (step.kind) {
      case DIRECTORY -> tar.directory(step.path + "/");
      case FILE -> {
        tar.file(step.path, "content " + number);
        files.add(step.path);
      }
      case SYMLINK -> tar.symlink(step.path, (number % 2 == 0 ? "/" : "../") + step.other);
      case HARD_LINK -> {
        if (!files.isEmpty()) {
          tar.hardLink(step.path, files.get(number % files.size()));
        }
      }
      case FIFO -> tar.special('6', step.path);
      case WHITEOUT -> tar.special('0', parent + ".wh." + last);
      case OPAQUE -> tar.special('0', step.path + "/.wh..wh..opq");
    }
  }

  @Example
  @AddLifecycleHook(Needed.class)
  void hand_made_layers_become_what_umoci_makes_of_them() throws Exception {
    List<List<byte[]>> images =
        List.of(
            List.of(
                new TarBytes().directory("usr/lib/").symlink("lib", "/usr/lib").end(),
                new TarBytes().file("lib/x", "1").mode(04755).file("usr/suid", "2").end(),
                new TarBytes().special('0', "lib/.wh.x").file("lib/y", "3").end()),
            List.of(
                new TarBytes().file("a/b", "1").hardLink("c", "a/b").file("d/e/f", "2").end(),
                new TarBytes().file("a/b", "3").special('0', "d/.wh..wh..opq").end(),
                new TarBytes()
                    .file("d", "4")
                    .hardLink("g", "c")
                    .device(5, 1)
                    .special('3', "n")
                    .end()),
            List.of(
                new TarBytes().file("x/1", "1").file("x/2", "2").end(),
                new TarBytes().file("x/3", "3").special('0', ".wh.x").end()));
    for (List<byte[]> tars : images) {
      assertThat(compare(tars)).isEqualTo("the same");
      removeHome();
      makeHome();
    }
  }

  private String compare(List<byte[]> tars) throws Exception {
    Path bundle = home.resolve("bundle");
    Path layout = layout(tars);
    HostTool.Outcome umoci =
        HostTool.run("umoci", "unpack", "--image", layout + ":test", bundle.toString());
    Path image = home.resolve("image");
    Ext4Options options = LayeredImage.options(32L << 20, "o").journalBlocks(0).sync(false).build();
    try {
      LayeredImage.of(options)
          .write(
              LayeredImageFixture.layers(tars.toArray(byte[][]::new)),
              image,
              Operation.background());
    } catch (BangerException e) {
      assertThat(umoci.status()).as("%s; umoci: %s", e.getMessage(), umoci).isNotZero();
      return "both refused";
    }
    HostTool.assertConsistent(image);
    if (umoci.status() != 0) {
      return "umoci refused";
    }
    VisibleTree.mounted(
        image,
        root ->
            assertThat(VisibleTree.describe(root))
                .isEqualTo(VisibleTree.describe(bundle.resolve("rootfs"))));
    return "the same";
  }

  /** Writes the layers as an image of OCI's layout. */
  private Path layout(List<byte[]> tars) throws Exception {
    Path layout = home.resolve("oci");
    Files.createDirectories(layout.resolve("blobs/sha256"));
    Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    List<String> descriptors = new ArrayList<>();
    List<String> diffIds = new ArrayList<>();
    for (byte[] tar : tars) {
      descriptors.add(descriptor("layer.v1.tar", tar, layout, ""));
      diffIds.add("\"sha256:" + sha256(tar) + "\"");
    }
    String config =
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\","
            + "\"diff_ids\":["
            + String.join(",", diffIds)
            + "]},\"history\":["
            + tars.stream().map(tar -> "{}").collect(Collectors.joining(","))
            + "]}";
    String manifest =
        "{\"schemaVersion\":2,\"config\":"
            + descriptor("config.v1+json", config.getBytes(UTF_8), layout, "")
            + ",\"layers\":["
            + String.join(",", descriptors)
            + "]}";
    String name = ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"test\"}";
    String index =
        "{\"schemaVersion\":2,\"manifests\":["
            + descriptor("manifest.v1+json", manifest.getBytes(UTF_8), layout, name)
            + "]}";
    Files.writeString(layout.resolve("index.json"), index);
    return layout;
  }

  private static String descriptor(String type, byte[] content, Path layout, String more)
      throws Exception {
    String digest = sha256(content);
    Files.write(layout.resolve("blobs/sha256").resolve(digest), content);
    return "{\"mediaType\":\"application/vnd.oci.image."
        + type
        + "\",\"digest\":\"sha256:"
        + digest
        + "\",\"size\":"
        + content.length
        + more
        + "}";
  }

  private static String sha256(byte[] content) throws NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
  }
}
