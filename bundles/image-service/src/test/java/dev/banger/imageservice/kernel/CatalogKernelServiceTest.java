// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.image.Image;
import dev.banger.image.ImageConfig;
import dev.banger.imageservice.MemoryImageStore;
import dev.banger.imageservice.TestJson;
import dev.banger.kernel.BootFiles;
import dev.banger.kernel.BuildKernel;
import dev.banger.kernel.ImportKernel;
import dev.banger.kernel.Kernel;
import dev.banger.kernel.KernelBundle;
import dev.banger.kernel.PullKernelBundle;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pull, boot files and delete: what is there afterwards, whatever happens meanwhile. */
@Timeout(30)
class CatalogKernelServiceTest {
  private static final String NAME = "debian-cloud";

  @TempDir Path home;
  private final Operation operation = Operation.background();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger made = new AtomicInteger();
  private final MemoryImageStore images = new MemoryImageStore();
  private final MemoryVmStore machines = new MemoryVmStore();
  private final KernelReferences references = new KernelReferences(images, machines);

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  @Test
  void a_pull_publishes_and_the_next_one_does_no_work() throws IOException {
    CatalogKernelService kernels = service(this::make);
    assertThat(kernels.catalog().get(0).pulled()).isFalse();

    Kernel kernel = kernels.pull(NAME, false, operation);

    assertThat(kernels.pull(NAME, false, operation)).isEqualTo(kernel);
    assertThat(kernels.resolve(NAME, operation)).isEqualTo(kernel);
    assertThat(kernels.find(NAME)).isEqualTo(kernel);
    assertThat(kernels.list()).containsExactly(kernel);
    assertThat(kernels.catalog().get(0).pulled()).isTrue();
    assertThat(made).hasValue(1);
    assertThat(kernel.version()).isEqualTo("1");
    assertThat(kernel.vmlinux()).hasContent("kernel 1");
  }

  @Test
  void a_pull_that_replaces_makes_it_anew() throws IOException {
    CatalogKernelService kernels = service(this::make);
    kernels.pull(NAME, true, operation);

    Kernel second = kernels.pull(NAME, true, operation);

    assertThat(second.version()).isEqualTo("2");
    assertThat(kernels.list()).containsExactly(second);
    assertThat(StoredKernels.entries(directory())).containsExactly(NAME);
  }

  @Test
  void what_is_in_the_catalog_is_pulled_when_it_is_resolved() throws IOException {
    CatalogKernelService kernels = service(this::make);

    assertThat(kernels.resolve(NAME, operation).version()).isEqualTo("1");
  }

  @Test
  void two_pulls_of_one_name_do_the_work_once_and_both_succeed() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CatalogKernelService kernels = service(waiting(begun, goOn));
    Future<Kernel> first = threads.submit(() -> kernels.pull(NAME, false, operation));
    begun.await();
    Future<Kernel> second = threads.submit(() -> kernels.pull(NAME, false, Operation.background()));
    Operation leaving = Operation.background();
    Future<Kernel> third = threads.submit(() -> kernels.pull(NAME, false, leaving));
    leaving.cancel("the client left");
    assertThatThrownBy(third::get).hasMessageContaining("the client left");

    goOn.countDown();

    assertThat(second.get()).isEqualTo(first.get());
    assertThat(made).hasValue(1);
  }

  @Test
  void a_failure_at_any_step_leaves_no_directory_and_the_next_pull_succeeds() throws IOException {
    List<KernelSource> failing =
        List.of(
            (entry, modules, directory, op) -> {
              throw new BangerException(ErrorCode.HOST_UNFIT, "apt-get is not installed");
            },
            (entry, modules, directory, op) -> {
              Files.write(directory.resolve(KernelSource.VMLINUX), new byte[100]);
              throw new IOException("No space left on device");
            },
            (entry, modules, directory, op) -> {
              make(entry, modules, directory, op);
              throw new IllegalStateException("a mistake of ours");
            },
            (entry, modules, directory, op) -> {
              make(entry, modules, directory, op);
              throw new OutOfMemoryError("Java heap space");
            },
            (entry, modules, directory, op) -> {
              KernelSource.Contents contents = make(entry, modules, directory, op);
              Files.delete(directory.resolve(KernelSource.BUSYBOX));
              return contents;
            },
            (entry, modules, directory, op) -> {
              KernelSource.Contents contents = make(entry, modules, directory, op);
              Files.createDirectory(directory.resolve(StoredKernel.MANIFEST));
              return contents;
            },
            (entry, modules, directory, op) -> {
              KernelSource.Contents contents = make(entry, modules, directory, op);
              op.cancel("the client left");
              return contents;
            });
    int[] next = {0};
    CatalogKernelService kernels =
        service(
            (entry, modules, directory, op) ->
                next[0] < failing.size()
                    ? failing.get(next[0]++).make(entry, modules, directory, op)
                    : make(entry, modules, directory, op));

    for (int i = 0; i < failing.size(); i++) {
      assertThatThrownBy(() -> kernels.pull(NAME, false, Operation.background()))
          .as("failure %s", i)
          .isInstanceOfAny(RuntimeException.class, OutOfMemoryError.class);
      assertThat(StoredKernels.entries(directory())).as("failure %s", i).isEmpty();
      assertThat(kernels.list()).isEmpty();
    }
    assertThat(kernels.pull(NAME, false, operation).name()).isEqualTo(NAME);
  }

  @Test
  void a_failed_replacement_keeps_what_was_there() throws IOException {
    CatalogKernelService kernels =
        service(
            (entry, modules, directory, op) -> {
              if (made.get() > 0) {
                throw new BangerException(ErrorCode.OPERATION_FAILED, "no network");
              }
              return make(entry, modules, directory, op);
            });
    Kernel kernel = kernels.pull(NAME, false, operation);

    assertThatThrownBy(() -> kernels.pull(NAME, true, operation)).hasMessage("no network");

    assertThat(kernels.find(NAME)).isEqualTo(kernel);
    assertThat(StoredKernels.entries(directory())).containsExactly(NAME);
  }

  @Test
  void a_full_disk_is_said_as_such_and_other_failures_are_not() throws IOException {
    IOException[] failure = {new IOException("No space left on device")};
    CatalogKernelService kernels =
        service(
            (entry, modules, directory, op) -> {
              throw failure[0];
            });

    assertCode(ErrorCode.NO_SPACE, () -> kernels.pull(NAME, false, operation));
    failure[0] = new IOException("wrapped", new IOException("Disk quota exceeded"));
    assertCode(ErrorCode.NO_SPACE, () -> kernels.pull(NAME, false, operation));
    failure[0] = new IOException("Input/output error");
    assertCode(ErrorCode.OPERATION_FAILED, () -> kernels.pull(NAME, false, operation));
  }

  @Test
  void a_damaged_kernel_is_refused_until_it_is_replaced() throws IOException {
    CatalogKernelService kernels = service(this::make);
    Kernel kernel = kernels.pull(NAME, false, operation);
    Files.delete(kernel.vmlinux());

    assertCode(ErrorCode.CORRUPT, () -> kernels.find(NAME));
    assertCode(ErrorCode.CORRUPT, () -> kernels.resolve(NAME, operation));
    assertCode(ErrorCode.CORRUPT, () -> kernels.pull(NAME, false, operation));
    assertCode(ErrorCode.CORRUPT, () -> kernels.bootFiles(NAME, operation));
    assertThat(kernels.pull(NAME, true, operation).version()).isEqualTo("2");
    assertThat(kernels.find(NAME).vmlinux()).exists();
  }

  @Test
  void a_damaged_kernel_can_be_deleted() throws IOException {
    CatalogKernelService kernels = service(this::make);
    kernels.pull(NAME, false, operation);
    Files.delete(directory().resolve(NAME).resolve(StoredKernel.MANIFEST));
    assertCode(ErrorCode.CORRUPT, () -> kernels.find(NAME));

    kernels.delete(NAME, operation);

    assertThat(StoredKernels.entries(directory())).isEmpty();
    assertCode(ErrorCode.NOT_FOUND, () -> kernels.delete(NAME, operation));
  }

  @Test
  void boot_files_are_the_kernel_and_its_initramfs() throws IOException {
    CatalogKernelService kernels = service(this::make);
    Kernel kernel = kernels.pull(NAME, false, operation);

    BootFiles files = kernels.bootFiles(NAME, operation);

    assertThat(files.kernel()).isEqualTo(kernel.vmlinux());
    assertThat(files.initramfs()).exists().hasParent(home.resolve("cache/initramfs"));
  }

  @Test
  void a_delete_waits_for_who_composes_boot_files() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CatalogKernelService kernels =
        new CatalogKernelService(
            new Directories(home),
            new TestJson(),
            this::make,
            this::busybox,
            this::builder,
            references,
            () -> {
              reading.countDown();
              awaitLatch(goOn);
              return AgentProgram.of("agent".getBytes(UTF_8));
            });
    kernels.pull(NAME, false, operation);
    Future<BootFiles> composing = threads.submit(() -> kernels.bootFiles(NAME, operation));
    reading.await();
    CompletableFuture<Void> delete = new CompletableFuture<>();
    Thread deleting =
        new Thread(
            () -> {
              kernels.delete(NAME, Operation.background());
              delete.complete(null);
            });
    deleting.start();
    while (deleting.getState() != Thread.State.WAITING) {
      assertThat(deleting.isAlive()).as("the delete waits").isTrue();
      Thread.onSpinWait();
    }
    assertThat(directory().resolve(NAME)).exists();

    goOn.countDown();

    assertThat(composing.get().initramfs()).exists();
    delete.get();
    assertThat(directory().resolve(NAME)).doesNotExist();
    assertCode(ErrorCode.NOT_FOUND, () -> kernels.bootFiles(NAME, operation));
  }

  @Test
  void the_end_of_the_service_cancels_a_pull_and_refuses_the_next() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    CatalogKernelService kernels =
        service(
            (entry, modules, directory, op) -> {
              try (Operation.Registration end = op.onCancel(cancelled::countDown)) {
                begun.countDown();
                awaitLatch(cancelled);
              }
              op.check();
              return make(entry, modules, directory, op);
            });
    Future<Kernel> pull = threads.submit(() -> kernels.pull(NAME, false, operation));
    begun.await();

    kernels.deactivate();

    assertThatThrownBy(pull::get).hasMessageContaining("stopping");
    assertThat(StoredKernels.entries(directory())).isEmpty();
    assertCode(ErrorCode.UPDATING, () -> kernels.pull(NAME, false, operation));
  }

  @Test
  void a_start_sweeps_what_a_killed_process_left() throws IOException {
    Kernel kernel = service(this::make).pull(NAME, false, operation);
    Files.createDirectories(directory().resolve(".staging-" + NAME + "-0123abcd/downloads"));
    Path initramfs = Files.createDirectories(home.resolve("cache/initramfs"));
    Files.createFile(initramfs.resolve(".staging-1.cpio"));

    CatalogKernelService next = service(this::make);

    assertThat(next.list()).containsExactly(kernel);
    assertThat(StoredKernels.entries(directory())).containsExactly(NAME);
    assertThat(StoredKernels.entries(initramfs)).isEmpty();
  }

  @Test
  void unknown_and_impossible_names_are_refused_with_what_there_is() throws IOException {
    CatalogKernelService kernels = service(this::make);

    assertThatThrownBy(() -> kernels.find(NAME)).hasMessageContaining("banger kernel pull " + NAME);
    assertThatThrownBy(() -> kernels.find("nothing"))
        .hasMessageContaining("the catalog has " + NAME);
    assertCode(ErrorCode.NOT_FOUND, () -> kernels.pull("nothing", false, operation));
    for (String name : List.of("..", "../etc", "a/b", ".staging-x-0123abcd", "", "x".repeat(65))) {
      assertCode(ErrorCode.BAD_REQUEST, () -> kernels.find(name));
      assertCode(ErrorCode.BAD_REQUEST, () -> kernels.resolve(name, operation));
      assertCode(ErrorCode.BAD_REQUEST, () -> kernels.pull(name, true, operation));
      assertCode(ErrorCode.BAD_REQUEST, () -> kernels.delete(name, operation));
      assertCode(ErrorCode.BAD_REQUEST, () -> kernels.bootFiles(name, operation));
    }
  }

  @Test
  void a_deleted_kernel_that_a_machine_names_still_boots_until_nothing_names_it()
      throws IOException {
    CatalogKernelService kernels = service(this::make);
    kernels.importKernel(request("mine"), operation);
    machines.reserve(all -> MemoryVmStore.booting("mine"));

    kernels.delete("mine", operation);

    assertThat(kernels.list()).isEmpty();
    assertCode(ErrorCode.NOT_FOUND, () -> kernels.find("mine"));
    assertCode(ErrorCode.NOT_FOUND, () -> kernels.delete("mine", operation));
    assertThat(kernels.bootFiles("mine", operation).kernel()).exists();
    assertThat(kernels.resolve("mine", operation).vmlinux()).exists();
    CatalogKernelService next = service(this::make);
    assertThat(next.bootFiles("mine", operation).kernel()).exists();

    machines.delete("0123456789ab");
    CatalogKernelService last = service(this::make);

    assertCode(ErrorCode.NOT_FOUND, () -> last.bootFiles("mine", operation));
    assertThat(StoredKernels.entries(directory())).isEmpty();
  }

  @Test
  void a_deleted_kernel_that_an_image_names_still_boots() throws IOException {
    CatalogKernelService kernels = service(this::make);
    kernels.pull(NAME, false, operation);
    images.insert(image(NAME));

    kernels.delete(NAME, operation);

    assertThat(kernels.resolve(NAME, operation).version()).isEqualTo("1");
    assertThat(kernels.bootFiles(NAME, operation).kernel()).exists();
    assertThat(made).as("not pulled again").hasValue(1);
  }

  @Test
  void a_kernel_that_nothing_names_goes_at_once() throws IOException {
    CatalogKernelService kernels = service(this::make);
    kernels.importKernel(request("mine"), operation);

    kernels.delete("mine", operation);

    assertThat(StoredKernels.entries(directory())).isEmpty();
    assertCode(ErrorCode.NOT_FOUND, () -> kernels.bootFiles("mine", operation));
  }

  @Test
  void a_new_kernel_of_the_name_takes_the_place_of_the_retained_one() throws IOException {
    CatalogKernelService kernels = service(this::make);
    kernels.pull(NAME, false, operation);
    images.insert(image(NAME));
    kernels.delete(NAME, operation);

    assertThat(kernels.pull(NAME, false, operation).version()).isEqualTo("2");

    assertThat(kernels.resolve(NAME, operation).version()).isEqualTo("2");
    assertThat(StoredKernels.entries(directory())).containsExactly(NAME);
  }

  @Test
  void a_damaged_kernel_is_not_retained() throws IOException {
    CatalogKernelService kernels = service(this::make);
    Files.delete(kernels.pull(NAME, false, operation).vmlinux());
    images.insert(image(NAME));

    kernels.delete(NAME, operation);

    assertThat(StoredKernels.entries(directory())).isEmpty();
  }

  @Test
  void of_two_imports_of_one_name_one_wins_and_the_other_is_told() throws Exception {
    CatalogKernelService kernels = service(this::make);
    ImportKernel request = request("mine");
    Future<Kernel> first = threads.submit(() -> kernels.importKernel(request, operation));
    Future<Kernel> second =
        threads.submit(() -> kernels.importKernel(request, Operation.background()));

    List<Object> results = List.of(outcome(first), outcome(second));

    assertThat(results).filteredOn(Kernel.class::isInstance).hasSize(1);
    assertThat(results).filteredOn(ErrorCode.ALREADY_EXISTS::equals).hasSize(1);
    assertThat(kernels.list()).extracting(Kernel::name).containsExactly("mine");
    assertThat(kernels.importKernel(request("mine", true), operation).name()).isEqualTo("mine");
  }

  @Test
  void an_import_that_fails_leaves_nothing() throws IOException {
    CatalogKernelService kernels = service(this::make);
    ImportKernel request = request("mine");
    Files.writeString(request.directory().resolve("vmlinux"), "no kernel");

    assertCode(ErrorCode.BAD_REQUEST, () -> kernels.importKernel(request, operation));

    assertThat(StoredKernels.entries(directory())).isEmpty();
  }

  @Test
  void an_import_takes_busybox_of_a_kernel_that_is_here_before_it_is_fetched() throws IOException {
    CatalogKernelService kernels = service(this::make);
    Kernel alone = kernels.importKernel(request("alone"), operation);
    kernels.delete("alone", operation);
    assertThat(alone.directory()).doesNotExist();
    kernels.pull(NAME, false, operation);

    Kernel second = kernels.importKernel(request("second"), operation);

    assertThat(second.directory().resolve("busybox")).hasContent("busybox");
    Files.writeString(kernels.find(NAME).directory().resolve("busybox"), "changed");
    Files.writeString(second.directory().resolve("busybox"), "changed");
    Kernel third = kernels.importKernel(request("third"), operation);
    assertThat(third.directory().resolve("busybox")).hasContent("fetched busybox");
  }

  @Test
  void a_build_is_published_under_its_name_once() throws IOException {
    CatalogKernelService kernels = service(this::make);
    BuildKernel request = new BuildKernel("fast", "bookworm", null, null, false);

    assertThat(kernels.build(request, operation).version()).isEqualTo("built");

    assertCode(ErrorCode.ALREADY_EXISTS, () -> kernels.build(request, operation));
  }

  @Test
  void a_bundle_that_was_made_is_pulled_again_under_any_name() throws IOException {
    CatalogKernelService kernels = service(this::make);
    Kernel mine = kernels.importKernel(request("mine"), operation);
    KernelBundle bundle = kernels.makeBundle("mine", home, operation);
    assertThat(bundle.file().getFileName().toString())
        .isEqualTo("mine-amd64-" + bundle.sha256().substring(0, 12) + ".tar.zst");
    assertThat(bundle.file()).hasSize(bundle.sizeBytes());
    assertCode(ErrorCode.ALREADY_EXISTS, () -> kernels.pullBundle(pull(bundle, null), operation));

    Kernel other = kernels.pullBundle(pull(bundle, "other"), operation);

    assertThat(other.sha256()).isEqualTo(mine.sha256());
    assertThat(other.acpi()).isEqualTo(mine.acpi()).isFalse();
    assertThat(kernels.pullBundle(pull(bundle, "other"), operation)).isEqualTo(other);
    kernels.delete("mine", operation);
    assertThat(kernels.pullBundle(pull(bundle, null), operation).name()).isEqualTo("mine");
    assertThat(StoredKernels.entries(directory())).containsExactly("mine", "other");
  }

  @Test
  void a_bundle_that_is_not_what_was_asked_for_leaves_nothing() throws IOException {
    CatalogKernelService kernels = service(this::make);
    Path file = Files.writeString(home.resolve("k.tar.zst"), "no bundle");
    String sha256 = dev.banger.imageservice.storage.FileDigest.sha256(file);

    assertCode(
        ErrorCode.CORRUPT,
        () ->
            kernels.pullBundle(
                new PullKernelBundle(file.toString(), sha256, null, false), operation));
    assertCode(
        ErrorCode.CORRUPT,
        () ->
            kernels.pullBundle(
                new PullKernelBundle(file.toString(), "0".repeat(64), null, false), operation));
    for (String digest : new String[] {null, "", "00", "g".repeat(64)}) {
      assertCode(
          ErrorCode.BAD_REQUEST,
          () ->
              kernels.pullBundle(
                  new PullKernelBundle(file.toString(), digest, null, false), operation));
    }

    assertThat(StoredKernels.entries(directory())).isEmpty();
  }

  @Test
  void a_bundle_is_written_only_into_a_directory_and_leaves_nothing_else_there()
      throws IOException {
    CatalogKernelService kernels = service(this::make);
    kernels.importKernel(request("mine"), operation);
    Path out = Files.createDirectory(home.resolve("out"));

    assertCode(
        ErrorCode.BAD_REQUEST, () -> kernels.makeBundle("mine", out.resolve("none"), operation));
    assertCode(ErrorCode.NOT_FOUND, () -> kernels.makeBundle("nothing", out, operation));
    Operation leaving = Operation.background();
    leaving.cancel("the client left");
    assertCode(ErrorCode.CANCELLED, () -> kernels.makeBundle("mine", out, leaving));

    assertThat(out).isEmptyDirectory();
  }

  private ImportKernel request(String name) throws IOException {
    return request(name, false);
  }

  private ImportKernel request(String name, boolean replace) throws IOException {
    Path from = Files.createTempDirectory(home, "from");
    Files.write(from.resolve("vmlinux"), KernelSamples.vmlinux("6.1.0", true));
    return new ImportKernel(name, from, null, null, null, null, replace);
  }

  private static PullKernelBundle pull(KernelBundle bundle, String name) {
    return new PullKernelBundle(bundle.file().toString(), bundle.sha256(), name, false);
  }

  private static Object outcome(Future<Kernel> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      return ((BangerException) e.getCause()).code();
    }
  }

  private static Image image(String kernel) {
    return new Image(
        "0123456789ab",
        "image",
        "debian",
        "bookworm",
        "amd64",
        kernel,
        Path.of("/rootfs"),
        1,
        1,
        "test",
        null,
        ImageConfig.NONE,
        false,
        Instant.EPOCH);
  }

  private KernelSource.Contents make(
      KernelCatalog.Entry entry, List<String> modules, Path directory, Operation op)
      throws IOException {
    return StoredKernels.fill(directory, Integer.toString(made.incrementAndGet()));
  }

  private void busybox(Path directory, Operation op) throws IOException {
    Files.writeString(directory.resolve(KernelSource.BUSYBOX), "fetched busybox");
  }

  private KernelRecipe builder(BuildKernel request) {
    return (directory, op) -> StoredKernels.fill(directory, "built");
  }

  private KernelSource waiting(CountDownLatch begun, CountDownLatch goOn) {
    return (entry, modules, directory, op) -> {
      begun.countDown();
      awaitLatch(goOn);
      return make(entry, modules, directory, op);
    };
  }

  private CatalogKernelService service(KernelSource source) throws IOException {
    return new CatalogKernelService(
        new Directories(home),
        new TestJson(),
        source,
        this::busybox,
        this::builder,
        references,
        () -> AgentProgram.of("agent".getBytes(UTF_8)));
  }

  private Path directory() {
    return home.resolve("state/kernels");
  }

  private static void assertCode(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private record Directories(Path home) implements BangerDirectories {
    @Override
    public Path configuration() {
      return home.resolve("conf");
    }

    @Override
    public Path state() {
      return home.resolve("state");
    }

    @Override
    public Path cache() {
      return home.resolve("cache");
    }

    @Override
    public Path run() {
      return home.resolve("run");
    }
  }
}
