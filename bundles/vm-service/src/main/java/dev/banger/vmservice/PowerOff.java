// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
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

  /** A guest that is well answers at once. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  /** On a host that stands still, too: what is not given its time loses what it has not written. */
  private static final Duration PATIENT_ANSWER_LIMIT = Duration.ofSeconds(15);

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

  /**
   * Returns when the VMM is gone or the guest has used up its time. Once the guest was asked its
   * caller cannot call it back.
   *
   * @throws BangerException CANCELLED when the caller left before the guest was asked, or this
   *     service leaves
   */
  void run(Vm vm, MachineHandle handle, Duration grace, InFlight.Work work) {
    Duration bounded = grace.compareTo(LONGEST_GRACE) > 0 ? LONGEST_GRACE : grace;
    Duration answer = answerLimit(bounded);
    Operation cancellable = work.operation();
    try {
      AgentConnection agent = connections.connect(vm, handle, cancellable.within(answer));
      cancellable.check();
      cancellable = work.committed();
      FaultPoint.around("stop.intent", Intent.ofStop(vm)::declareIfPossible);
      FaultPoint.around(
          "stop.power_off",
          () ->
              agent.ask(AgentProtocol.POWER_OFF, payload(bounded), work.patience().within(answer)));
      work.patience()
          .within(bounded.plus(FORCE_LIMIT))
          // While its driver is being updated the guest still has its time.
          .await(() -> hypervisors.surelyDead(handle), PAUSE);
    } catch (BangerException e) {
      cancellable.check();
      LOG.warn("{} did not power off by itself: {}", vm.name(), e.getMessage());
    }
  }

  /** As long as the guest is given for its end, within bounds. */
  private static Duration answerLimit(Duration grace) {
    Duration least = grace.compareTo(ANSWER_LIMIT) < 0 ? ANSWER_LIMIT : grace;
    return least.compareTo(PATIENT_ANSWER_LIMIT) < 0 ? least : PATIENT_ANSWER_LIMIT;
  }

  private static byte[] payload(Duration grace) {
    byte[] millis = ByteBuffer.allocate(Integer.BYTES).putInt((int) grace.toMillis()).array();
    return new AgentFields().add(AgentProtocol.FIELD_GRACE, millis).payload();
  }
}
