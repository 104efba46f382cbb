// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bundles are updated again and again while a machine runs: nothing of a version that was replaced
 * stays. Twenty updates of each in every build; more with {@code -Dbanger.update-leak.updates=200}.
 */
@Timeout(1800)
class UpdateLeakIT {
  private static final int UPDATES = Integer.getInteger("banger.update-leak.updates", 20);
  private static final Path EXAMPLES = Path.of(System.getProperty("banger.examples"));
  private static final String VERSION = System.getProperty("banger.version");
  private static final Duration SETTLING = Duration.ofSeconds(60);

  /** One that was replaced may still be on a stack; one an update would be ten. */
  private static final long LOADERS = 2;

  /** What a JVM makes of itself for what is called often; half a loader of shell's an update. */
  private static final long CLASSES = 300;

  /** Those of pools come and go. */
  private static final long THREADS = 5;

  @TempDir static Path directory;
  private static Installation banger;

  @BeforeAll
  static void install() throws IOException {
    assumeTrue(Files.isExecutable(BusyboxImage.BUSYBOX), "busybox-static is not installed");
    Path distribution = directory.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, distribution);
    banger = new Installation(Installation.temporaryHome(), distribution);
    banger.succeed("image", "import", BusyboxImage.archive(directory).toString(), "--name", "tiny");
    banger.succeed("vm", "create", "--image", "tiny", "--memory", "128M", "--name", "web");
    Path jar = EXAMPLES.resolve("greeting/target/greeting-" + VERSION + ".jar");
    Path bundles = distribution.resolve("bundles");
    Path fresh = Files.copy(jar, bundles.resolve("greeting.jar.new"));
    Files.move(fresh, bundles.resolve("greeting.jar"), StandardCopyOption.ATOMIC_MOVE);
    Installation.await(
        "the greeting",
        Duration.ofSeconds(60),
        () -> banger.succeed("vm", "show", "web").contains("greeting"));
  }

  @AfterAll
  static void uninstall() {
    if (banger != null) {
      banger.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"greeting", "port-forward", "shell"})
  void what_is_held_does_not_grow_with_the_number_of_updates(String bundle) {
    ProcessHandle daemon = banger.daemon().orElseThrow();
    update(bundle, UPDATES / 2);
    DaemonHoldings middle = settled(daemon);

    update(bundle, UPDATES / 2);

    DaemonHoldings end = whatStays(daemon, middle);
    System.out.printf("%d updates of %s: %s, then %s%n", UPDATES, bundle, middle, end);
    assertThat(end)
        .as("after %d updates %s, after %d", UPDATES / 2, middle, UPDATES)
        .matches(each -> isAsMuchAs(middle, each), "as much");
    assertThat(banger.daemon()).contains(daemon);
  }

  /** What is held once that is as much as before, or when it was waited for that in vain. */
  private static DaemonHoldings whatStays(ProcessHandle daemon, DaemonHoldings before) {
    Instant deadline = Instant.now().plus(SETTLING);
    DaemonHoldings now = DaemonHoldings.of(daemon);
    while (!isAsMuchAs(before, now) && Instant.now().isBefore(deadline)) {
      now = DaemonHoldings.of(daemon);
    }
    return now;
  }

  private static boolean isAsMuchAs(DaemonHoldings before, DaemonHoldings now) {
    return now.loaders() <= before.loaders() + LOADERS
        && now.classes() <= before.classes() + CLASSES
        && now.threads() <= before.threads() + THREADS;
  }

  /** What is held once it does not become less any more. */
  private static DaemonHoldings settled(ProcessHandle daemon) {
    AtomicReference<DaemonHoldings> latest = new AtomicReference<>(DaemonHoldings.of(daemon));
    Installation.await(
        "the daemon to rest",
        SETTLING,
        () -> {
          DaemonHoldings before = latest.getAndSet(DaemonHoldings.of(daemon));
          return latest.get().loaders() >= before.loaders()
              && latest.get().threads() >= before.threads();
        });
    return latest.get();
  }

  private static void update(String bundle, int times) {
    for (int i = 0; i < times; i++) {
      banger.succeed("plugin", "update", bundle);
      banger.succeed("plugin", "wait", bundle);
    }
  }
}
