// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Whatever is done to machines in whatever order, and whatever dies or fails in the middle of it:
 * the service agrees with {@link ModelledPlatform}. One crash or failure in each step, wherever the
 * service touches the store, a file, the hypervisor, a capability or a guest, and one more while
 * the next daemon looks at what the first left. Some hundred histories in every build, more with
 * {@code -Djqwik.tries.default=5000}. What fails is a history of a few steps, shown as it is:
 * shortening it would take minutes.
 */
class LifecycleModelTest {
  private static Thread.UncaughtExceptionHandler previous;

  @BeforeContainer
  static void letKilledThreadsEndQuietly() {
    previous = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, e) -> {
          if (!(e instanceof Faults.Killed)) {
            e.printStackTrace();
          }
        });
  }

  @AfterContainer
  static void restore() {
    Thread.setDefaultUncaughtExceptionHandler(previous);
  }

  @Property(shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
  void no_history_confuses_the_service(@ForAll("histories") List<ModelledPlatform.Step> history) {
    try (ModelledPlatform platform = new ModelledPlatform()) {
      history.forEach(platform::take);
    }
  }

  @Provide
  static Arbitrary<List<ModelledPlatform.Step>> histories() {
    return steps().list().ofMinSize(6).ofMaxSize(14);
  }

  private static Arbitrary<ModelledPlatform.Step> steps() {
    return Combinators.combine(commands(), names(), mishaps(), below(100), below(40))
        .as(ModelledPlatform.Step::new);
  }

  private static Arbitrary<ModelledPlatform.Command> commands() {
    return Arbitraries.frequency(
        Tuple.of(4, ModelledPlatform.Command.CREATE),
        Tuple.of(5, ModelledPlatform.Command.START),
        Tuple.of(2, ModelledPlatform.Command.STOP),
        Tuple.of(4, ModelledPlatform.Command.RESTART),
        Tuple.of(2, ModelledPlatform.Command.KILL),
        Tuple.of(1, ModelledPlatform.Command.DELETE),
        Tuple.of(2, ModelledPlatform.Command.SET),
        Tuple.of(2, ModelledPlatform.Command.RESET),
        Tuple.of(1, ModelledPlatform.Command.LIST));
  }

  private static Arbitrary<String> names() {
    return Arbitraries.of("api", "web");
  }

  private static Arbitrary<ModelledPlatform.Mishap> mishaps() {
    return Arbitraries.frequency(
        Tuple.of(6, ModelledPlatform.Mishap.NONE),
        Tuple.of(6, ModelledPlatform.Mishap.DAEMON_DIES),
        Tuple.of(4, ModelledPlatform.Mishap.SOMETHING_FAILS),
        Tuple.of(2, ModelledPlatform.Mishap.DISK_IS_FULL),
        Tuple.of(2, ModelledPlatform.Mishap.DISK_IS_READ_ONLY),
        Tuple.of(2, ModelledPlatform.Mishap.VMM_DIES),
        Tuple.of(1, ModelledPlatform.Mishap.GUEST_DIES_AT_BOOT),
        Tuple.of(1, ModelledPlatform.Mishap.HOST_REBOOTS));
  }

  private static Arbitrary<Integer> below(int limit) {
    return Arbitraries.integers()
        .between(0, limit - 1)
        .withDistribution(RandomDistribution.uniform());
  }
}
