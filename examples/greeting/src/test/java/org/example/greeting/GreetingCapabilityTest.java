// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.greeting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.testkit.FakeGuestService;
import dev.banger.testkit.FakeGuestService.Answer;
import dev.banger.testkit.VmBuilder;
import dev.banger.testkit.capability.CapabilityContract;
import dev.banger.testkit.capability.CapabilityFixture;
import dev.banger.testkit.capability.GuestFixture;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GreetingCapabilityTest extends CapabilityContract {
  private static final Vm WEB = VmBuilder.vm("web").running().build();

  private final FakeGuestService guests = new FakeGuestService().boot(WEB);
  private final GreetingCapability greeting = new GreetingCapability(guests);

  @Override
  protected CapabilityFixture fixture() {
    return new GuestFixture(world -> List.of(new GreetingCapability(world)));
  }

  @Test
  void greets() {
    greeting.started(WEB, false, Operation.background());

    assertThat(guests.files(WEB)).containsEntry("/etc/motd", "Welcome to web.\n");
  }

  @Test
  void a_guest_that_cannot_be_greeted_is_told() {
    guests.answering(command -> Optional.of(Answer.failure("read-only")));

    assertThatThrownBy(() -> greeting.started(WEB, true, Operation.background()))
        .isInstanceOf(BangerException.class)
        .hasMessage("tee failed in the guest: read-only");
  }

  @Test
  void only_a_guest_that_does_not_run_needs_no_clean_up() {
    guests.answering(
        command -> {
          throw new BangerException(ErrorCode.OPERATION_FAILED, "silent");
        });
    assertThatThrownBy(() -> greeting.cleanUp(WEB, Operation.background())).hasMessage("silent");
    guests.end(WEB);
    assertThatCode(() -> greeting.cleanUp(WEB, Operation.background())).doesNotThrowAnyException();
  }
}
