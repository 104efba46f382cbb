// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a guest to power off without loss. What the guest does not do is left to the teardown that
 * follows.
 */
final class PowerOff {
  private static final Logger LOG = LoggerFactory.getLogger(PowerOff.class);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  /**
   * What the agent may take, beyond the grace, to end what is left, write everything back and power
   * off.
   */
  private static final Duration FORCE_LIMIT = Duration.ofSeconds(10);

  /** Fits the protocol's field, and the arithmetic of durations. */
  private static final Duration LONGEST_GRACE = Duration.ofDays(1);

  private static final Duration PAUSE = Duration.ofMillis(10);

  private final Hypervisors hypervisors;
  private final AgentConnections connections;

  PowerOff(Hypervisors hypervisors, AgentConnections connections) {
    this.hypervisors = hypervisors;
    this.connections = connections;
  }

  /** Returns when the VMM is gone or the guest has used up its time. */
  void run(Vm vm, MachineHandle handle, Duration grace, Operation operation) {
    Hypervisor hypervisor = hypervisors.require(handle.hypervisor());
    Duration bounded = grace.compareTo(LONGEST_GRACE) > 0 ? LONGEST_GRACE : grace;
    int millis = (int) bounded.toMillis();
    try {
      AgentConnection agent = connections.connect(vm, handle, operation.within(ANSWER_LIMIT));
      byte[] payload =
          new AgentFields()
              .add(
                  AgentProtocol.FIELD_GRACE,
                  ByteBuffer.allocate(Integer.BYTES).putInt(millis).array())
              .payload();
      agent.ask(AgentProtocol.POWER_OFF, payload, operation.within(ANSWER_LIMIT));
      operation.within(bounded.plus(FORCE_LIMIT)).await(() -> !hypervisor.alive(handle), PAUSE);
    } catch (BangerException e) {
      operation.check();
      LOG.warn("{} did not power off by itself: {}", vm.name(), e.getMessage());
    }
  }
}
