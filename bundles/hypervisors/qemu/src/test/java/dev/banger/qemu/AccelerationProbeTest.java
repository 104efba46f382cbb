// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.kernel.BootFiles;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class AccelerationProbeTest {
  @TempDir Path home;
  private final List<List<String>> runs = new ArrayList<>();
  private Supplier<CommandResult> guest = () -> new CommandResult(0, "banger-probe-ok\n", "");
  private Path device;
  private Path kernel;
  private QemuProgram.Installation qemu;

  @BeforeEach
  void prepare() throws IOException {
    device = Files.createFile(home.resolve("kvm"));
    kernel = Files.writeString(home.resolve("vmlinux"), "kernel");
    qemu = new QemuProgram.Installation(Files.createFile(home.resolve("qemu")), "7.2.22");
  }

  @Test
  void a_guest_that_says_its_word_means_kvm_and_is_asked_once() {
    assertThat(verdict().accelerator()).isEqualTo("kvm");
    assertThat(verdict().accelerator()).isEqualTo("kvm");
    assertThat(runs).hasSize(1);
    assertThat(runs.get(0))
        .containsSequence("-accel", "kvm")
        .anyMatch(word -> word.contains("banger.probe=1"));
  }

  @Test
  void a_guest_that_spins_means_tcg_and_is_not_tried_again() {
    guest =
        () -> {
          throw new BangerException(ErrorCode.DEADLINE_EXCEEDED, "too slow");
        };
    assertThat(verdict().accelerator()).isEqualTo("tcg");
    guest = () -> new CommandResult(0, "banger-probe-ok\n", "");
    assertThat(verdict().reason()).contains("did not come up");
    assertThat(runs).hasSize(1);
  }

  @Test
  void a_guest_that_dies_means_tcg_with_qemus_words() {
    guest = () -> new CommandResult(1, "", "KVM internal error. Suberror: 1\n");

    assertThat(verdict())
        .isEqualTo(
            new AccelerationProbe.Verdict(
                "tcg", "a guest did not run under KVM: KVM internal error. Suberror: 1"));
  }

  @Test
  void another_kernel_or_qemu_is_tried_anew() throws IOException {
    verdict();
    Files.writeString(kernel, "another kernel");
    verdict();
    qemu = new QemuProgram.Installation(qemu.path(), "9.0.0");
    verdict();
    assertThat(runs).hasSize(3);
  }

  @Test
  void without_a_device_no_guest_is_run() throws IOException {
    Files.delete(device);

    assertThat(verdict().accelerator()).isEqualTo("tcg");
    assertThat(runs).isEmpty();
  }

  @Test
  void a_damaged_verdict_is_found_out_again() throws IOException {
    verdict();
    Files.writeString(home.resolve("cache/verdict.json"), "{");
    assertThat(verdict().accelerator()).isEqualTo("kvm");
    assertThat(runs).hasSize(2);
  }

  @Test
  @Timeout(60)
  void who_waits_for_the_guest_of_another_start_leaves_when_cancelled() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    guest =
        () -> {
          asked.countDown();
          awaitLatch(goOn);
          return new CommandResult(0, "banger-probe-ok\n", "");
        };
    AccelerationProbe probe = probe();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<AccelerationProbe.Verdict> first =
          threads.submit(() -> probe.verdict(qemu, config(), Operation.background()));
      awaitLatch(asked);
      Operation leaving = Operation.background();
      Future<AccelerationProbe.Verdict> second =
          threads.submit(() -> probe.verdict(qemu, config(), leaving));
      leaving.cancel("the client left");
      assertThatThrownBy(() -> second.get(30, TimeUnit.SECONDS))
          .hasMessageContaining("the client left");
      assertThat(first).isNotDone();
      goOn.countDown();
      assertThat(first.get().accelerator()).isEqualTo("kvm");
      assertThat(runs).hasSize(1);
    } finally {
      goOn.countDown();
      threads.shutdownNow();
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private AccelerationProbe.Verdict verdict() {
    return probe().verdict(qemu, config(), Operation.background());
  }

  private AccelerationProbe probe() {
    return new AccelerationProbe(new Commands(), home.resolve("cache/verdict.json"), device);
  }

  private MachineConfig config() {
    return new MachineConfig(
        "id",
        "name",
        2,
        1024,
        new BootFiles(kernel, kernel, true),
        List.of(),
        List.of(),
        null,
        List.of(),
        home,
        home.resolve("console"),
        4096);
  }

  private final class Commands implements HostCommands {
    @Override
    public Optional<Path> find(String program) {
      return Optional.empty();
    }

    @Override
    public CommandResult run(HostCommand command, Operation operation) {
      runs.add(command.argv());
      return guest.get();
    }

    @Override
    public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
      throw new UnsupportedOperationException("no test needs it");
    }
  }
}
