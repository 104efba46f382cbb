// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every bundle is updated in turn while 200 calls a second come over the socket and a machine runs.
 * One round in every build; ten with {@code -Dbanger.hot-update.rounds=10}.
 */
@Timeout(1800)
class HotUpdateIT {
  private static final int ROUNDS = Integer.getInteger("banger.hot-update.rounds", 1);
  private static final int CALLS_PER_SECOND = 200;

  private static final List<String> CALLS =
      List.of(
          "{\"version\":1,\"method\":\"vm.list\"}",
          "{\"version\":1,\"method\":\"vm.show\",\"params\":{\"reference\":\"web\"}}",
          "{\"version\":1,\"method\":\"image.list\"}",
          "{\"version\":1,\"method\":\"kernel.list\"}",
          "{\"version\":1,\"method\":\"command.run\",\"params\":{\"argv\":[\"vm\",\"list\"]}}",
          "{\"version\":1,\"method\":\"version\"}",
          "{\"version\":1,\"method\":\"vm.touch\",\"params\":{\"reference\":\"web\"}}",
          "{\"version\":1,\"method\":\"operations.list\"}",
          "{\"version\":1,\"method\":\"command.run\",\"params\":{\"argv\":[\"image\",\"list\"]}}",
          "{\"version\":1,\"method\":\"vm.size\",\"params\":{}}");

  @TempDir static Path directory;
  private static Path distribution;
  private static Installation banger;

  @BeforeAll
  static void install() throws IOException {
    assumeTrue(Files.isExecutable(BusyboxImage.BUSYBOX), "busybox-static is not installed");
    distribution = directory.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, distribution);
    banger = new Installation(Installation.temporaryHome(), distribution);
    banger.succeed("image", "import", BusyboxImage.archive(directory).toString(), "--name", "tiny");
  }

  @AfterAll
  static void uninstall() {
    if (banger != null) {
      banger.close();
    }
  }

  @Test
  void no_call_fails_and_no_machine_notices_while_each_bundle_is_updated() throws IOException {
    banger.succeed("vm", "create", "--image", "tiny", "--memory", "128M", "--name", "web");
    String boot = bootId();
    List<Path> bundles = bundles();

    SocketLoad load =
        new SocketLoad(banger.home().resolve("run/bangerd.sock"), CALLS_PER_SECOND, CALLS);
    try (load) {
      for (int round = 1; round <= ROUNDS; round++) {
        Running stream =
            banger.start(
                "vm", "exec", "-i", "web", "--", "sh", "-c", "read a; echo $a; read b; echo $b");
        stream.type("before\n");
        Installation.await(
            "the stream", Duration.ofSeconds(60), () -> stream.stdoutSoFar().equals("before\n"));
        String[] create = "vm create --image tiny --no-start --background --name later".split(" ");
        String operation = banger.succeed(create).strip();
        for (Path bundle : bundles) {
          update(bundle);
        }
        banger.succeed("operation", "wait", operation);
        banger.succeed("vm", "delete", "later");
        stream.type("after\n");
        Outcome streamed = stream.await(Duration.ofSeconds(60));
        assertThat(streamed.stdout()).as("%s", streamed).isEqualTo("before\nafter\n");
      }
    }
    System.out.printf(
        "%d updates, %d calls: median %d ms, p99 %d ms, longest %d ms, %d failed%n",
        ROUNDS * bundles.size(),
        load.calls(),
        load.percentileMillis(0.5),
        load.percentileMillis(0.99),
        load.percentileMillis(1),
        load.failures().size());
    assertThat(load.failures()).isEmpty();
    assertThat(bootId()).isEqualTo(boot);
    banger.succeed("vm", "delete", "web");
  }

  private static void update(Path bundle) {
    String name = bundle.getFileName().toString().replace(".jar", "");
    banger.succeed("plugin", "update", name, bundle.toString());
    banger.succeed("plugin", "wait", name);
  }

  private static String bootId() {
    return banger.succeed("vm", "exec", "web", "--", "cat", "/proc/sys/kernel/random/boot_id");
  }

  /** All of banger's own but the API and what updates the others. */
  private static List<Path> bundles() throws IOException {
    List<String> names =
        List.of(
            "store.jar",
            "image-service.jar",
            "vm-service.jar",
            "hypervisor-qemu.jar",
            "port-forward.jar",
            "work-disk.jar",
            "auth-sync.jar",
            "configuration.jar",
            "host-service.jar",
            "shell.jar",
            "runtime.jar");
    try (Stream<Path> files = Files.walk(distribution.resolve("system"))) {
      return files.filter(file -> names.contains(file.getFileName().toString())).sorted().toList();
    }
  }
}
