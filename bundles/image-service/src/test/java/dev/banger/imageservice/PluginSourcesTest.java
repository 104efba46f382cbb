// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.ImageConfig;
import dev.banger.image.ImageSource;
import dev.banger.image.PullImage;
import dev.banger.image.SourceImage;
import dev.banger.imageservice.importing.ImageImporter;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginService;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginSourcesTest {
  private static final long SIZE = 64 << 20;
  private static final ImageConfig CONFIG =
      new ImageConfig(Map.of("A", "1"), "", "/srv", List.of("/bin/sh"), List.of());

  @TempDir Path home;
  private final Operation operation = Operation.background();
  private Path staging;

  @BeforeEach
  void makeStaging() throws IOException {
    staging = Files.createDirectory(home.resolve("staging"));
  }

  /** An image of a source, with one file. */
  private record OneFile(String name, String path) implements SourceImage {
    @Override
    public String origin() {
      return "box:" + name;
    }

    @Override
    public Content fetch(Path directory, Operation operation) throws IOException {
      assertThat(directory).isEmptyDirectory();
      Path tar = directory.resolve("root.tar");
      byte[] text = "hello\n".getBytes(StandardCharsets.UTF_8);
      try (OutputStream file = Files.newOutputStream(tar);
          TarArchiveOutputStream out = new TarArchiveOutputStream(file)) {
        TarArchiveEntry entry = new TarArchiveEntry(path);
        entry.setSize(text.length);
        out.putArchiveEntry(entry);
        out.write(text);
        out.closeArchiveEntry();
      }
      return new Content(tar, CONFIG);
    }
  }

  private static ImageSource box(String path) {
    return reference ->
        reference.startsWith("box:")
            ? Optional.of(new OneFile(reference.substring("box:".length()), path))
            : Optional.empty();
  }

  private static ImageSource failing(RuntimeException failure) {
    return reference -> {
      throw failure;
    };
  }

  private Optional<ImageRecipe> recipe(String reference, ImageSource... sources) {
    PullImage request = new PullImage(reference, null, null, SIZE, false, null);
    return new PluginSources(importer(), List.of(sources)).recipe(request);
  }

  private static ImageImporter importer() {
    return new ImageImporter(TestConfiguration.settings(), new RealCommands());
  }

  @Test
  void what_a_source_fetched_becomes_a_root_file_system_and_nothing_else_is_left()
      throws IOException {
    ImageRecipe recipe = recipe("box:My Box", box("etc/hello")).orElseThrow();
    Path rootfs = staging.resolve("rootfs.ext4");

    ImageRecipe.Contents contents = recipe.make(rootfs, operation);

    assertThat(recipe.name()).isEqualTo("My-Box");
    assertThat(recipe.origin()).isEqualTo("box:My Box");
    assertThat(contents.config()).isEqualTo(CONFIG);
    assertThat(contents.sizeBytes()).isEqualTo(SIZE);
    assertThat(new String(Files.readAllBytes(rootfs), StandardCharsets.ISO_8859_1))
        .contains("hello\n");
    assertThat(staging.toFile().list()).containsExactly("rootfs.ext4");
  }

  @Test
  void what_is_hostile_is_refused() {
    ImageRecipe recipe = recipe("box:x", box("../x")).orElseThrow();

    assertFails(ErrorCode.CORRUPT, () -> recipe.make(staging.resolve("rootfs.ext4"), operation));
  }

  @Test
  void a_reference_of_no_source_is_left_to_others() {
    assertThat(recipe("docker.io/library/alpine:3.20", box("x"))).isEmpty();
    assertThat(recipe("box:x")).isEmpty();
  }

  @Test
  void a_source_of_a_plugin_that_starts_after_the_daemon_is_waited_for() {
    List<ImageSource> present = new ArrayList<>();
    PluginSources sources = new PluginSources(importer(), present);
    sources.plugins = initialPlugins(() -> present.add(box("x")));
    assertThat(sources.recipe(PullImage.of("box:x"))).isPresent();
  }

  private static PluginService initialPlugins(Runnable arrival) {
    return (PluginService)
        Proxy.newProxyInstance(
            PluginService.class.getClassLoader(),
            new Class<?>[] {PluginService.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("awaitInitial");
              arrival.run();
              return null;
            });
  }

  @Test
  void the_source_of_the_highest_ranking_is_asked_first() {
    List<String> asked = new ArrayList<>();
    ImageSource low =
        reference -> {
          asked.add("low");
          return box("x").find(reference);
        };
    ImageSource high =
        reference -> {
          asked.add("high");
          return Optional.empty();
        };

    assertThat(recipe("box:x", low, high)).isPresent();
    assertThat(asked).containsExactly("high", "low");
  }

  @Test
  void a_source_that_fails_or_gives_null_keeps_nobody_from_the_others() {
    assertThat(recipe("box:x", box("x"), reference -> null, failing(new IllegalStateException())))
        .isPresent();
  }

  @Test
  void a_reference_that_its_source_refuses_is_refused() {
    BangerException refusal = new BangerException(ErrorCode.BAD_REQUEST, "no box");

    assertThatThrownBy(() -> recipe("box:x", box("x"), failing(refusal))).isSameAs(refusal);
  }

  @Test
  void a_source_that_fails_when_it_fetches_is_named() {
    SourceImage broken =
        new SourceImage() {
          @Override
          public String name() {
            return "x";
          }

          @Override
          public String origin() {
            return "box:x";
          }

          @Override
          public Content fetch(Path directory, Operation caller) {
            throw new IllegalStateException("its own fault");
          }
        };
    ImageRecipe recipe = recipe("box:x", reference -> Optional.of(broken)).orElseThrow();

    assertFails(
        ErrorCode.OPERATION_FAILED, () -> recipe.make(staging.resolve("rootfs.ext4"), operation));
    assertFails(
        ErrorCode.OPERATION_FAILED,
        () -> recipe("box:x", reference -> Optional.of(new OneFile(" ", "x"))));
  }

  private static void assertFails(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
  }
}
