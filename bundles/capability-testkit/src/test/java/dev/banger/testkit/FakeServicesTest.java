// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestFile;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FakeServicesTest {
  private static final Operation OPERATION = Operation.background();
  private static final Vm WEB = VmBuilder.vm("web").running().build();

  @Test
  void a_guest_has_files_until_it_ends_and_is_found_by_name_and_id() {
    FakeGuestService guests = new FakeGuestService().boot(WEB);
    GuestFile motd = new GuestFile("/etc/motd", 0644, "hi".getBytes(StandardCharsets.UTF_8));
    GuestConfig config = new GuestConfig("web", null, null, List.of(), null, List.of(motd));

    guests.configure("web", config, OPERATION);
    assertThat(guests.files(WEB)).containsEntry("/etc/motd", "hi");
    assertThat(guests.asked()).containsExactly(WEB.id());

    guests.end(WEB);
    assertThat(guests.files(WEB)).isEmpty();
    assertFails(ErrorCode.NOT_RUNNING, () -> guests.ping(WEB.id(), OPERATION));
  }

  @Test
  void a_guest_that_hangs_is_left_when_the_operation_ends() {
    FakeGuestService guests = new FakeGuestService().boot(WEB).hang();
    Operation brief = OPERATION.within(Duration.ofMillis(50));

    assertFails(ErrorCode.DEADLINE_EXCEEDED, () -> guests.ping("web", brief));
    guests.resume();
    assertThat(guests.ping("web", OPERATION)).isPositive();
  }

  @Test
  void commands_of_the_host_end_as_the_test_says() {
    FakeHostCommands host =
        new FakeHostCommands()
            .without("missing")
            .answering(command -> new CommandResult(3, "out", "one\ntwo"));
    List<String> errors = new ArrayList<>();

    assertThat(host.run(HostCommand.of("tool", "-v"), OPERATION).stdout()).isEqualTo("out");
    assertThat(host.start(HostCommand.of("tool"), errors::add, OPERATION).await(OPERATION).status())
        .isEqualTo(3);
    assertThat(errors).containsExactly("one", "two");
    assertThat(host.commands()).extracting(HostCommand::argv).contains(List.of("tool", "-v"));
    assertThat(host.find("tool")).isPresent();
    assertThat(host.find("missing")).isEmpty();
    assertFails(ErrorCode.HOST_UNFIT, () -> host.run(HostCommand.of("missing"), OPERATION));
    host.hang();
    Operation brief = OPERATION.within(Duration.ofMillis(50));
    assertFails(ErrorCode.DEADLINE_EXCEEDED, () -> host.run(HostCommand.of("tool"), brief));
  }

  @Test
  void directories_are_there_and_closed_to_others(@TempDir Path parent) throws IOException {
    TemporaryDirectories directories = TemporaryDirectories.in(parent);
    for (Path directory :
        List.of(
            directories.configuration(),
            directories.state(),
            directories.cache(),
            directories.run())) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
          .isEqualTo("rwx------");
    }
  }

  private static void assertFails(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
