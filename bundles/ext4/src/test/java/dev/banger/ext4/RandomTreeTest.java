// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;

/** Random rows of entries look to the kernel and to debugfs as a simple model says. */
class RandomTreeTest {

  enum Kind {
    DIRECTORY,
    FILE,
    SPARSE,
    SYMLINK,
    HARD_LINK,
    SPECIAL,
    REMOVE,
    LAYER,
    WHITEOUT,
    OPAQUE
  }

  private static final Set<Kind> CREATING = EnumSet.range(Kind.DIRECTORY, Kind.SPECIAL);

  /** One call of the writer; what else it needs comes from the seed. */
  record Step(Kind kind, String path, String other, long seed) {}

  private Path home;

  @BeforeTry
  void makeHome() throws IOException {
    home = Files.createTempDirectory("random-tree");
  }

  @AfterTry
  void removeHome() throws IOException {
    try (Stream<Path> files = Files.list(home)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
    Command.output("rm", "-rf", home.toString());
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<String> common =
        Arbitraries.of("a", "b", "c", "bin", " ", "new\nline", "\u00ff\u0001");
    Arbitrary<String> odd =
        Arbitraries.chars()
            .range((char) 1, (char) 255)
            .filter(c -> c != '/')
            .list()
            .ofMinSize(1)
            .ofMaxSize(255)
            .map(RandomTreeTest::join)
            .filter(name -> !name.equals(".") && !name.equals(".."));
    Arbitrary<String> name = Arbitraries.frequencyOf(tuple(9, common), tuple(1, odd));
    Arbitrary<String> path =
        name.list().ofMinSize(1).ofMaxSize(4).map(names -> String.join("/", names));
    Arbitrary<Kind> kind =
        Arbitraries.frequency(
            pair(4, Kind.DIRECTORY),
            pair(8, Kind.FILE),
            pair(3, Kind.SPARSE),
            pair(4, Kind.SYMLINK),
            pair(5, Kind.HARD_LINK),
            pair(2, Kind.SPECIAL),
            pair(2, Kind.REMOVE),
            pair(1, Kind.LAYER),
            pair(1, Kind.WHITEOUT),
            pair(1, Kind.OPAQUE));
    return Combinators.combine(kind, path, path, Arbitraries.longs())
        .as(Step::new)
        .list()
        .ofMaxSize(150);
  }

  private static String join(List<Character> chars) {
    StringBuilder text = new StringBuilder();
    chars.forEach(text::append);
    return text.toString();
  }

  private static <T> Tuple.Tuple2<Integer, T> pair(int weight, T value) {
    return Tuple.of(weight, value);
  }

  private static Tuple.Tuple2<Integer, Arbitrary<? extends String>> tuple(
      int weight, Arbitrary<String> value) {
    return Tuple.of(weight, value);
  }

  @Property(tries = 25, shrinking = ShrinkingMode.BOUNDED)
  @AddLifecycleHook(LoopMount.Needed.class)
  void the_kernel_sees_the_model(@ForAll("steps") List<Step> steps) throws IOException {
    ModelTree model = new ModelTree();
    Path image = write(steps, model);
    try (LoopMount mount = LoopMount.readOnly(image)) {
      assertThat(VisibleTree.describe(mount.directory(), true)).isEqualTo(model.describe(true));
    }
  }

  @Property(tries = 15, shrinking = ShrinkingMode.BOUNDED)
  void debugfs_sees_the_model(@ForAll("steps") List<Step> steps) throws IOException {
    Oracle.assumeE2fsprogs();
    ModelTree model = new ModelTree();
    Path image = write(steps, model);
    Path dump = Files.createDirectory(home.resolve("dump"));
    Oracle.debugfs(image, "rdump / " + dump);
    Map<String, String> expected = new TreeMap<>(model.describe(false));
    // debugfs leaves special files out.
    expected.values().removeIf(line -> !line.matches("(?s)(FILE|DIRECTORY|SYMLINK) .*"));
    assertThat(VisibleTree.describe(dump, false)).isEqualTo(expected);
  }

  private Path write(List<Step> steps, ModelTree model) throws IOException {
    Path image = home.resolve("image");
    Ext4Options options = Ext4Options.ofSize(64L << 20).journalBlocks(0).build();
    try (Ext4ImageWriter writer = Ext4ImageWriter.create(image, options)) {
      for (Step step : steps) {
        apply(step, writer, model);
      }
      writer.finish();
    }
    Oracle.assertConsistent(image);
    return image;
  }

  private static Ext4Path path(String path) throws IOException {
    return Ext4Path.parse(path.getBytes(ISO_8859_1));
  }

  private static Ext4Metadata metadata(Random random) {
    Instant time = Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
    int mode = random.nextInt(010000);
    Ext4Metadata metadata =
        Ext4Metadata.of(mode, random.nextInt(1 << 20), random.nextInt(1 << 20), time);
    return random.nextInt(4) > 0
        ? metadata
        : metadata.withXattrs(Map.of("trusted.a", new byte[random.nextInt(2000)]));
  }

  private static void apply(Step step, Ext4ImageWriter writer, ModelTree model) throws IOException {
    Random random = new Random(step.seed);
    Ext4Path path = path(step.path);
    boolean creates = CREATING.contains(step.kind);
    if (creates && !model.takes(step.path)) {
      return;
    }
    Ext4Metadata metadata = metadata(random);
    switch (step.kind) {
      case DIRECTORY -> {
        writer.directory(path, metadata);
        model.put(step.path, new ModelTree.Node(Ext4FileType.DIRECTORY, metadata));
      }
      case FILE, SPARSE -> {
        ModelTree.Node node = new ModelTree.Node(Ext4FileType.FILE, metadata);
        node.content = content(step.kind == Kind.SPARSE, random, path, metadata, writer);
        model.put(step.path, node);
      }
      case SYMLINK -> {
        ModelTree.Node node = new ModelTree.Node(Ext4FileType.SYMLINK, metadata);
        node.content = step.other.repeat(1 + random.nextInt(3)).getBytes(ISO_8859_1);
        writer.symlink(path, metadata, node.content);
        model.put(step.path, node);
      }
      case HARD_LINK -> {
        List<String> paths = new ArrayList<>(model.entries().keySet());
        String target = paths.isEmpty() ? "none" : paths.get(random.nextInt(paths.size()));
        ModelTree.Node node = model.node(target);
        if (node != null && node.type != Ext4FileType.DIRECTORY) {
          writer.hardLink(path, path(target));
          model.put(step.path, node);
        }
      }
      case SPECIAL -> {
        Ext4FileType[] types = {
          Ext4FileType.CHARACTER_DEVICE,
          Ext4FileType.BLOCK_DEVICE,
          Ext4FileType.FIFO,
          Ext4FileType.SOCKET
        };
        int type = random.nextInt(types.length);
        ModelTree.Node node = new ModelTree.Node(types[type], metadata);
        node.major = type < 2 ? random.nextInt(1 << 12) : 0;
        node.minor = type < 2 ? random.nextInt(1 << 20) : 0;
        writer.special(path, metadata, types[type], node.major, node.minor);
        model.put(step.path, node);
      }
      case REMOVE -> {
        assertThat(writer.remove(path)).isEqualTo(model.node(step.path) != null);
        model.remove(step.path);
      }
      case LAYER -> {
        writer.beginLayer();
        model.beginLayer();
      }
      case WHITEOUT -> {
        writer.whiteout(path);
        model.whiteout(step.path);
      }
      case OPAQUE -> {
        writer.opaque(path);
        model.opaque(step.path);
      }
    }
  }

  /** Writes a file and returns what it should read as. */
  private static byte[] content(
      boolean sparse, Random random, Ext4Path path, Ext4Metadata metadata, Ext4ImageWriter writer)
      throws IOException {
    byte[] content = new byte[random.nextInt(60_000)];
    if (!sparse) {
      random.nextBytes(content);
      writer.file(path, metadata, content.length, new ByteArrayInputStream(content));
      return content;
    }
    List<DataRange> ranges = new ArrayList<>();
    byte[] data = new byte[content.length];
    int length = 0;
    int at = random.nextInt(10_000);
    while (at < content.length) {
      byte[] piece = new byte[random.nextInt(Math.min(content.length - at, 9000) + 1)];
      random.nextBytes(piece);
      System.arraycopy(piece, 0, content, at, piece.length);
      System.arraycopy(piece, 0, data, length, piece.length);
      ranges.add(new DataRange(at, piece.length));
      length += piece.length;
      at += piece.length + random.nextInt(15_000);
    }
    ByteArrayInputStream stream = new ByteArrayInputStream(data, 0, length);
    writer.sparseFile(path, metadata, content.length, ranges, stream);
    return content;
  }
}
