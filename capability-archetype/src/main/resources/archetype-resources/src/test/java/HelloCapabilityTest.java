package ${package};

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.testkit.capability.CapabilityContract;
import dev.banger.testkit.capability.CapabilityFixture;
import dev.banger.testkit.capability.GuestFixture;
import dev.banger.testkit.capability.HookHarness;
import dev.banger.vm.Vm;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The promises of a capability, and what this one does. */
class HelloCapabilityTest extends CapabilityContract {
  private final GuestFixture fixture =
      new GuestFixture(guests -> List.of(new HelloCapability(guests)));

  @Override
  protected CapabilityFixture fixture() {
    return new GuestFixture(guests -> List.of(new HelloCapability(guests)));
  }

  @Test
  void says_hello() {
    Vm web = new HookHarness(fixture).start(fixture.machine("web")).vm();

    assertThat(fixture.guests().files(web)).containsEntry(HelloCapability.FILE, "Hello, web.\n");
  }
}
