// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A damaged database under the real daemon: refused, repaired by the command that it names. */
@Timeout(900)
class StoreRepairIT {
  private static final Duration LONG = Duration.ofMinutes(12);

  @Test
  void a_repaired_store_knows_the_machine_that_ran_on_meanwhile(@TempDir Path directory)
      throws IOException {
    assumeTrue(Files.exists(BusyboxImage.BUSYBOX), "a static busybox is not here");
    try (Installation banger = new Installation()) {
      banger.succeed(
          "image", "import", BusyboxImage.archive(directory).toString(), "--name", "tiny");
      Outcome run =
          banger
              .start("vm", "run", "-d", "--image", "tiny", "--memory", "128M", "--name", "keeper")
              .await(LONG);
      assertThat(run.status()).as("%s", run).isZero();
      String boot = bootOf(banger);
      banger.succeed("daemon", "stop");
      Path database = banger.home().resolve("state/banger.db");
      loseFirstPage(database);
      byte[] damaged = Files.readAllBytes(database);

      for (List<String> words : List.of(List.of("vm", "list"), List.of("vm", "delete", "keeper"))) {
        Outcome refused = banger.banger(words.toArray(String[]::new));
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.stderr())
            .contains(database + " is damaged")
            .contains("banger daemon repair");
      }
      assertThat(banger.banger("doctor").stdout())
          .contains("FAIL  store\n      " + database + " is damaged")
          .contains("banger daemon repair");
      Outcome unasked = banger.banger("daemon", "repair");
      assertThat(unasked.status()).isEqualTo(2);
      assertThat(unasked.stderr()).contains("banger daemon repair --yes");
      assertThat(banger.succeed("daemon", "repair", "--dry-run")).contains("1 VM, 1 image");
      assertThat(Files.readAllBytes(database)).isEqualTo(damaged);

      JsonNode repaired = banger.json("daemon", "repair", "--yes");

      assertThat(repaired.get("repaired").asBoolean()).isTrue();
      assertThat(Path.of(repaired.get("kept").asText())).hasBinaryContent(damaged);
      JsonNode machine = banger.json("vm", "list").get(0);
      assertThat(machine.get("name").asText()).isEqualTo("keeper");
      assertThat(machine.get("state").asText()).isEqualTo("running");
      assertThat(bootOf(banger)).isEqualTo(boot);
      banger.succeed("daemon", "stop");
      assertThat(bootOf(banger)).isEqualTo(boot);
      assertThat(banger.json("image", "list")).hasSize(1);
      assertThat(banger.banger("doctor").stdout()).contains("PASS  store");

      JsonNode again = banger.json("daemon", "repair", "--yes");
      assertThat(again.get("repaired").asBoolean()).isFalse();
      assertThat(again.get("condition").asText()).isEqualTo("sound");
      assertThat(besides(database)).hasSize(1);
      banger.succeed("vm", "delete", "keeper");
      banger.assertNoMachineLeft();
    }
  }

  @Test
  void a_repair_without_room_changes_nothing_and_succeeds_when_there_is_some() throws IOException {
    try (SmallDisk disk = SmallDisk.mount("20m");
        Installation banger = new Installation(disk.home())) {
      banger.succeed("vm", "list");
      banger.succeed("daemon", "stop");
      Path database = banger.home().resolve("state/banger.db");
      loseFirstPage(database);
      byte[] damaged = Files.readAllBytes(database);
      assertThat(banger.banger("vm", "list").stderr()).contains("banger daemon repair");
      disk.fill();

      Outcome refused = banger.banger("daemon", "repair", "--yes");

      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.stderr()).contains("the disk is full");
      assertThat(Files.readAllBytes(database)).isEqualTo(damaged);
      assertThat(besides(database)).isEmpty();
      disk.free();
      assertThat(banger.json("daemon", "repair", "--yes").get("repaired").asBoolean()).isTrue();
      assertThat(banger.succeed("vm", "list")).startsWith("ID");
      assertThat(besides(database)).hasSize(1);
    }
  }

  private static String bootOf(Installation banger) {
    return banger
        .succeed("vm", "exec", "-n", "keeper", "--", "cat", "/proc/sys/kernel/random/boot_id")
        .strip();
  }

  /** As a disk that returns zeros for a sector. */
  private static void loseFirstPage(Path database) throws IOException {
    try (FileChannel channel = FileChannel.open(database, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(4096), 0);
    }
  }

  /** What lies beside the database and is not of SQLite's own making. */
  private static List<Path> besides(Path database) throws IOException {
    String name = database.getFileName().toString();
    try (Stream<Path> files = Files.list(database.getParent())) {
      return files.filter(file -> file.getFileName().toString().startsWith(name + ".")).toList();
    }
  }
}
