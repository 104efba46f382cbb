// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whichever step of a creation fails, nothing of the machine is left. */
@Timeout(60)
class FailedCreationTest {
  private static final long MORE_THAN_ANY_HOST_HAS = Long.MAX_VALUE;

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

  @ParameterizedTest
  @ValueSource(strings = {"resolve", "kernel", "reserve"})
  void nothing_is_left_when_this_point_fails(String point) {
    platform.faults.inject(point);
    assertThatThrownBy(() -> platform.create("web")).hasMessageContaining("injected at " + point);
    platform.faults.clear();
    assertNothingIsLeft();
  }

  @Test
  void nothing_is_left_when_the_directory_cannot_be_made() throws IOException {
    Path obstacle = Files.createFile(platform.state().resolve("vms"));
    assertThatThrownBy(() -> platform.create("web")).isInstanceOf(BangerException.class);
    Files.delete(obstacle);
    assertNothingIsLeft();
  }

  @Test
  void nothing_is_left_when_the_host_key_cannot_be_written() {
    platform.store.afterReserve =
        vm ->
            DurableFiles.makeDirectory(
                vm.files().directory().resolve("ssh_host_ed25519_key.new/obstacle"));
    assertThatThrownBy(() -> platform.create("web")).hasMessageContaining("ssh_host_ed25519_key");
    platform.store.afterReserve = vm -> {};
    assertNothingIsLeft();
  }

  @Test
  void nothing_is_left_when_the_caller_leaves_after_the_row_was_written() {
    Operation operation = Operation.background();
    platform.store.afterReserve = vm -> operation.cancel("the caller left");
    BangerException error =
        catchThrowableOfType(
            BangerException.class,
            () ->
                platform
                    .machines()
                    .create(
                        CreateVm.builder().name("web").vcpus(1).memoryMib(128L).build(),
                        operation));
    assertThat(error.code()).isEqualTo(ErrorCode.CANCELLED);
    platform.store.afterReserve = vm -> {};
    assertNothingIsLeft();
  }

  @Test
  void a_full_disk_refuses_a_creation_before_an_image_is_pulled() {
    platform.settings.put("minimumFreeMib", MORE_THAN_ANY_HOST_HAS);
    platform.faults.inject("resolve");
    assertNoSpace(() -> platform.create("web"));
    platform.settings.put("minimumFreeMib", 0L);
    platform.faults.clear();
    assertNothingIsLeft();
  }

  @Test
  void a_disk_that_an_image_has_filled_refuses_the_creation() {
    platform.images.whileResolving =
        () -> platform.settings.put("minimumFreeMib", MORE_THAN_ANY_HOST_HAS);
    assertNoSpace(() -> platform.create("web"));
    platform.images.whileResolving = () -> {};
    platform.settings.put("minimumFreeMib", 0L);
    assertNothingIsLeft();
  }

  @Test
  void a_full_disk_refuses_a_start_before_anything_is_made() {
    var vm = platform.create("web");
    var before = platform.files(vm);
    platform.settings.put("minimumFreeMib", MORE_THAN_ANY_HOST_HAS);
    assertNoSpace(() -> platform.start("web"));
    assertThat(platform.files(vm)).isEqualTo(before);
    assertThat(platform.runDirectory(vm)).doesNotExist();
    assertThat(platform.hypervisor.started).isEmpty();
    platform.settings.put("minimumFreeMib", 0L);
    platform.start("web");
  }

  private static void assertNoSpace(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable creation) {
    assertThat(catchThrowableOfType(BangerException.class, creation).code())
        .isEqualTo(ErrorCode.NO_SPACE);
  }

  private void assertNothingIsLeft() {
    assertThat(platform.store.list()).isEmpty();
    assertThat(Platform.names(platform.state().resolve("vms"))).isEmpty();
    assertThat(platform.hypervisor.started).isEmpty();
    assertThat(platform.create("web").name()).as("the same creation, unhindered").isEqualTo("web");
  }
}
