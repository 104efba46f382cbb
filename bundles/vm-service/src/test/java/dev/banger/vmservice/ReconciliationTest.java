// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a new instance of the service finds, and what it makes of it. */
@Timeout(60)
class ReconciliationTest {
  @TempDir Path directory;
  private Platform platform;

  @BeforeEach
  void activate() {
    platform = new Platform(directory);
  }

  @AfterEach
  void deactivate() {
    platform.close();
  }

  @Test
  void adopts_a_machine_that_runs() {
    Vm vm = platform.create("web");
    Vm started = platform.start("web");
    platform.close();
    assertThat(platform.hypervisor.running()).as("machines outlive the service").isEqualTo(1);
    platform.restart();
    assertThat(platform.machines().find("web")).isEqualTo(started);
    platform.guests().ping("web", Operation.background());
    platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "[1]",
        "{\"hypervisor\":\"fake\",\"pid\":1}",
        "{\"hypervisor\":\"fake\",\"pid\":99}",
        "{\"hypervisor\":\"other\",\"pid\":99,\"boot_id\":\"boot\",\"control_socket\":\"/x\",\"agent_socket\":\"/x\"}"
      })
  void adopts_a_machine_whose_handles_are_damaged(String damaged) throws IOException {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.close();
    Files.writeString(vm.files().handles(), damaged);
    platform.restart();
    assertThat(platform.machines().find("web").state()).isEqualTo(VmState.RUNNING);
    platform.guests().ping("web", Operation.background());
    platform.machines().delete("web", Operation.background());
    assertThat(platform.hypervisor.running()).isZero();
  }

  @Test
  void a_machine_without_any_handle_is_found_and_ended() throws IOException {
    Vm vm = platform.create("web");
    Vm started = platform.start("web");
    platform.close();
    Files.writeString(vm.files().handles(), "{");
    platform.store.update(started.running(null, started.startedAt()));
    platform.restart();
    await(() -> platform.stored(vm).state() == VmState.STOPPED);
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
  }

  @Test
  void demotes_and_cleans_up_a_machine_that_died_meanwhile() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.close();
    platform.hypervisor.killAll();
    platform.restart();
    await(() -> platform.stored(vm).state() == VmState.STOPPED);
    assertThat(platform.stored(vm).lastError()).isEqualTo("the machine ended by itself");
    assertThat(platform.runDirectory(vm)).doesNotExist();
    assertThat(platform.capability.prepared).isEmpty();
  }

  @Test
  void ends_what_a_start_left_that_was_interrupted_before_its_record() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.close();
    platform.store.update(vm); // as it was before the start
    platform.restart();
    await(() -> platform.hypervisor.running() == 0);
    await(() -> !Files.exists(platform.runDirectory(vm)));
    assertThat(platform.machines().find("web").state()).isEqualTo(VmState.CREATED);
  }

  @Test
  void removes_directories_that_no_machine_owns_and_nothing_else() throws IOException {
    Vm vm = platform.create("web");
    platform.close();
    Path orphan = platform.state().resolve("vms/00000000dead");
    Path run = platform.run().resolve("vm/00000000beef");
    Path foreign = platform.state().resolve("vms/notes");
    for (Path each : List.of(orphan, run, foreign)) {
      Files.createDirectories(each);
      Files.createFile(each.resolve("file"));
    }
    platform.restart();
    await(() -> !Files.exists(orphan) && !Files.exists(run));
    assertThat(platform.hypervisor.swept).contains("00000000dead", "00000000beef");
    assertThat(foreign.resolve("file")).exists();
    assertThat(vm.files().directory()).exists();
  }

  @Test
  void a_clean_up_that_is_not_there_stays_owed_until_it_is() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.restartBare();
    platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
    assertThat(platform.stored(vm).capabilities()).containsExactly("fake");
    assertThat(platform.capability.prepared).containsExactly(vm.id());
    platform.restartWithCapability();
    await(() -> platform.stored(vm).capabilities().isEmpty());
    assertThat(platform.capability.prepared).isEmpty();
  }

  private static void await(BooleanSupplier condition) {
    Operation.background().within(Duration.ofSeconds(10)).await(condition, Duration.ofMillis(2));
  }
}
