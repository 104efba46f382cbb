// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.Image;
import dev.banger.image.ImageConfig;
import dev.banger.image.ImportImage;
import dev.banger.image.PullImage;
import dev.banger.image.RegisterImage;
import dev.banger.imageservice.importing.ImageImporter;
import dev.banger.imageservice.oci.OciSettings;
import dev.banger.imageservice.workseed.WorkSeed;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pull, find and delete: what is there afterwards, whatever happens meanwhile. */
@Timeout(30)
class CatalogImageServiceTest {
  private static final String NAME = "debian-bookworm";

  @TempDir Path home;
  private final MemoryImageStore store = new MemoryImageStore();
  private final Operation operation = Operation.background();

  @Test
  void a_pull_publishes_files_and_row_and_the_next_one_does_no_work() throws IOException {
    AtomicInteger made = new AtomicInteger();
    CatalogImageService images =
        service(
            (entry, rootfs, op) -> {
              made.incrementAndGet();
              return contents(rootfs);
            });

    Image image = images.pull(PullImage.of(NAME), operation);

    assertThat(images.pull(PullImage.of(NAME), operation)).isEqualTo(image);
    assertThat(images.resolve(null, operation)).isEqualTo(image);
    assertThat(made).hasValue(1);
    assertThat(image.rootfs()).hasSize(4096);
    assertThat(entries()).containsExactly(image.id());
  }

  @Test
  void two_pulls_of_one_name_do_the_work_once_and_both_succeed() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicInteger made = new AtomicInteger();
    CatalogImageService images =
        service(
            (entry, rootfs, op) -> {
              made.incrementAndGet();
              begun.countDown();
              awaitLatch(goOn);
              return contents(rootfs);
            });
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      Future<Image> first =
          threads.submit(() -> images.pull(PullImage.of(NAME), Operation.background()));
      begun.await();
      Future<Image> second =
          threads.submit(() -> images.pull(PullImage.of(NAME), Operation.background()));
      Operation leaving = Operation.background();
      Future<Image> third = threads.submit(() -> images.pull(PullImage.of(NAME), leaving));
      leaving.cancel("the client left");
      assertThatThrownBy(() -> third.get(20, TimeUnit.SECONDS))
          .hasMessageContaining("the client left");

      goOn.countDown();

      assertThat(second.get()).isEqualTo(first.get());
      assertThat(made).hasValue(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void pulls_of_different_names_run_side_by_side() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    CatalogImageService images =
        service(
            (entry, rootfs, op) -> {
              both.countDown();
              awaitLatch(both);
              return contents(rootfs);
            });
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<Image> first =
          threads.submit(
              () ->
                  images.pull(
                      new PullImage(NAME, "one", null, null, false, null), Operation.background()));
      Future<Image> second =
          threads.submit(
              () ->
                  images.pull(
                      new PullImage(NAME, "two", null, null, false, null), Operation.background()));

      assertThat(List.of(first.get().name(), second.get().name())).containsExactly("one", "two");
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void a_file_is_imported_once_under_a_name_and_a_failed_import_leaves_nothing()
      throws IOException {
    Path file = fileSystem(home.resolve("mine.ext4"), 1 << 20);
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));
    Path wrong = Files.write(home.resolve("wrong"), new byte[4096]);

    assertThatThrownBy(
            () -> images.importImage(new ImportImage(wrong, null, null, null), operation))
        .hasMessageContaining("cannot be imported");
    assertThat(entries()).isEmpty();
    Image image = images.importImage(new ImportImage(file, null, null, null), operation);

    assertThat(image.name()).isEqualTo("mine");
    assertThat(image.rootfs()).hasSameBinaryContentAs(file);
    assertThat(image.kernel()).isEqualTo("debian-cloud");
    assertThatThrownBy(() -> images.importImage(new ImportImage(file, null, null, null), operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS));
    assertThat(entries()).containsExactly(image.id());
  }

  @Test
  void a_failed_pull_leaves_nothing_and_the_next_succeeds() throws IOException {
    List<Exception> failures =
        new ArrayList<>(
            List.of(
                new BangerException(ErrorCode.HOST_UNFIT, "no mmdebstrap"),
                new IOException("No space left on device"),
                new BangerException(ErrorCode.CANCELLED, "cancelled")));
    CatalogImageService images =
        service(
            (entry, rootfs, op) -> {
              Files.write(rootfs, new byte[10]);
              if (!failures.isEmpty()) {
                Exception failure = failures.remove(0);
                if (failure instanceof IOException e) {
                  throw e;
                }
                throw (BangerException) failure;
              }
              Files.delete(rootfs);
              return contents(rootfs);
            });

    for (ErrorCode code : List.of(ErrorCode.HOST_UNFIT, ErrorCode.NO_SPACE, ErrorCode.CANCELLED)) {
      assertThatThrownBy(() -> images.pull(PullImage.of(NAME), operation))
          .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
      assertThat(entries()).isEmpty();
      assertThat(images.list()).isEmpty();
    }
    assertThat(images.pull(PullImage.of(NAME), operation).name()).isEqualTo(NAME);
  }

  @Test
  void an_error_of_java_itself_leaves_nothing_either() throws IOException {
    CatalogImageService images =
        service(
            (entry, rootfs, op) -> {
              Files.write(rootfs, new byte[10]);
              throw new OutOfMemoryError("Java heap space");
            });

    assertThatThrownBy(() -> images.pull(PullImage.of(NAME), operation))
        .isInstanceOf(OutOfMemoryError.class);

    assertThat(entries()).isEmpty();
    assertThat(images.list()).isEmpty();
  }

  @Test
  void a_row_that_cannot_be_written_takes_the_files_with_it() throws IOException {
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));
    store.insertFailure = new BangerException(ErrorCode.CORRUPT, "the store is damaged");

    assertThatThrownBy(() -> images.pull(PullImage.of(NAME), operation))
        .hasMessage("the store is damaged");

    assertThat(entries()).isEmpty();
  }

  @Test
  void what_a_killed_process_left_is_healed_at_the_next_start() throws IOException {
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));
    Image published = images.pull(PullImage.of(NAME), operation);
    store.delete(published.id()); // killed between the renaming and the row
    Files.createDirectories(directory().resolve(".staging-0123456789ab/tmp"));

    CatalogImageService next = service((entry, rootfs, op) -> contents(rootfs));

    assertThat(next.list()).containsExactly(published);
    assertThat(entries()).containsExactly(published.id());
  }

  @Test
  void a_truncated_or_missing_file_is_told_with_what_mends_it() throws IOException {
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));
    Image image = images.pull(PullImage.of(NAME), operation);
    assertThat(images.resolve(NAME, operation)).isEqualTo(image);

    Files.write(image.rootfs(), new byte[100]);
    assertThatThrownBy(() -> images.resolve(NAME, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT))
        .hasMessageContaining("banger image delete " + NAME);
    Files.delete(image.rootfs());
    assertThatThrownBy(() -> images.resolve(NAME, operation)).hasMessageContaining("damaged");
  }

  @Test
  void an_image_in_use_keeps_row_and_files_and_an_unused_one_goes() throws IOException {
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));
    Image image = images.pull(PullImage.of(NAME), operation);
    store.used.add(image.id());

    assertThatThrownBy(() -> images.delete(NAME, operation)).hasMessageContaining("vm box");
    assertThat(images.find(NAME)).isEqualTo(image);
    assertThat(image.rootfs()).exists();

    store.used.clear();
    images.delete(image.id().substring(0, 6), operation);
    assertThat(images.list()).isEmpty();
    assertThat(entries()).isEmpty();
  }

  @Test
  void unknown_names_are_refused_with_what_there_is() throws IOException {
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));

    assertThatThrownBy(() -> images.find(NAME)).hasMessageContaining("banger image pull " + NAME);
    assertThatThrownBy(() -> images.find("nothing"))
        .hasMessageContaining("the catalog has " + NAME);
    assertThatThrownBy(() -> images.pull(PullImage.of("../etc"), operation))
        .hasMessageContaining("not allowed");
    assertThatThrownBy(() -> images.resolve("", operation)).hasMessageContaining("required");
  }

  @Test
  void an_image_of_that_name_from_elsewhere_is_neither_taken_for_it_nor_replaced()
      throws IOException {
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));
    Image image = images.pull(PullImage.of(NAME), operation);

    assertThatThrownBy(
            () ->
                images.pull(
                    new PullImage("localhost:1/other", NAME, null, null, false, null), operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS))
        .hasMessageContaining("--name");
    Image second =
        images.pull(new PullImage(NAME, "second", "other-kernel", null, false, null), operation);

    assertThat(images.list()).containsExactly(image, second);
    assertThat(second.kernel()).isEqualTo("other-kernel");
  }

  @Test
  void a_renamed_image_is_found_by_its_new_name_alone_and_keeps_it_without_its_row()
      throws IOException {
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));
    Image image = images.pull(PullImage.of(NAME), operation);
    Image other = images.pull(new PullImage(NAME, "other", null, null, false, null), operation);

    assertThatThrownBy(() -> images.rename(NAME, "other", operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS));
    assertThatThrownBy(() -> images.rename(NAME, "no/name", operation))
        .hasMessageContaining("not allowed");
    Image renamed = images.rename(image.id(), "base", operation);

    assertThat(renamed).isEqualTo(image.named("base"));
    assertThat(images.list()).containsExactly(renamed, other);
    store.delete(image.id());
    assertThat(service((entry, rootfs, op) -> contents(rootfs)).find("base")).isEqualTo(renamed);
  }

  @Test
  void a_registered_image_is_used_where_it_lies_until_it_is_promoted() throws IOException {
    Path file = fileSystem(home.resolve("mine.ext4"), 1 << 20);
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));

    Image registered = images.register(new RegisterImage("mine", file, null), operation);

    assertThat(registered.rootfs()).isEqualTo(file);
    assertThat(registered.kernel()).isEqualTo("debian-cloud");
    assertThat(entries()).isEmpty();
    store.used.add(registered.id());
    assertThatThrownBy(() -> images.promote("mine", operation)).hasMessageContaining("vm box");
    assertThat(entries()).isEmpty();
    store.used.clear();
    Image promoted = images.promote("mine", operation);
    assertThat(promoted.unmanaged()).isFalse();
    assertThat(promoted.rootfs()).startsWith(directory()).hasSameBinaryContentAs(file);
    assertThat(images.promote("mine", operation)).isEqualTo(promoted);
    images.delete("mine", operation);
    assertThat(file).exists();
    assertThat(entries()).isEmpty();
  }

  @Test
  void deleting_a_registered_image_leaves_its_file() throws IOException {
    Path file = fileSystem(home.resolve("mine.ext4"), 1 << 20);
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));
    images.register(new RegisterImage("mine", file, null), operation);

    images.delete("mine", operation);

    assertThat(images.list()).isEmpty();
    assertThat(file).exists();
  }

  @Test
  void what_is_no_root_file_system_is_not_registered() throws IOException {
    CatalogImageService images = service((entry, rootfs, op) -> contents(rootfs));
    Path plain = Files.write(home.resolve("plain"), new byte[4096]);

    for (Path wrong :
        List.of(
            plain,
            home,
            home.resolve("absent"),
            Path.of("relative"),
            Files.createFile(home.resolve("empty")))) {
      assertThatThrownBy(() -> images.register(new RegisterImage("mine", wrong, null), operation))
          .isInstanceOf(BangerException.class)
          .hasMessageContaining(wrong.toString());
    }
    assertThat(images.list()).isEmpty();
  }

  /** What has an ext4 super block's magic number, and holes. */
  private static Path fileSystem(Path file, int size) throws IOException {
    byte[] content = new byte[size];
    content[1024 + 0x04] = (byte) (size >> 10);
    content[1024 + 0x05] = (byte) (size >> 18);
    content[1024 + 0x38] = 0x53;
    content[1024 + 0x39] = (byte) 0xef;
    content[size - 1] = 1;
    return Files.write(file, content);
  }

  /** How a test makes an image of the catalog. */
  private interface Making {
    ImageRecipe.Contents make(ImageCatalog.Entry entry, Path rootfs, Operation operation)
        throws IOException;
  }

  private CatalogImageService service(Making making) throws IOException {
    RegistryImageSource registries =
        new RegistryImageSource(
            TestConfiguration::defaults,
            home.resolve("oci"),
            new PlainCommands(),
            OciSettings.of(Map.of(), home));
    return new CatalogImageService(
        store,
        directory(),
        new TestJson(),
        List.of(request -> recipe(request, making), registries),
        registries,
        new ImageImporter(TestConfiguration.settings(), new PlainCommands()),
        WorkSeed::write,
        new PlainCommands(),
        () -> NAME,
        () -> "debian-cloud");
  }

  private static Optional<ImageRecipe> recipe(PullImage request, Making making) {
    return ImageCatalog.load(new TestJson())
        .find(request.source())
        .map(
            entry ->
                new ImageRecipe() {
                  @Override
                  public String name() {
                    return entry.name();
                  }

                  @Override
                  public String origin() {
                    return "test:" + entry.release();
                  }

                  @Override
                  public Contents make(Path rootfs, Operation operation) throws IOException {
                    return making.make(entry, rootfs, operation);
                  }
                });
  }

  private static ImageRecipe.Contents contents(Path rootfs) throws IOException {
    Files.write(rootfs, new byte[4096]);
    return new ImageRecipe.Contents("debian", "bookworm", null, 4096, 4096, null, ImageConfig.NONE);
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path directory() {
    return home.resolve("images");
  }

  private List<String> entries() throws IOException {
    if (!Files.exists(directory())) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory())) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    }
  }
}
