// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Bad input through the real client: a clear error, and nothing created. No image is made here:
 * each is refused before.
 */
@Timeout(120)
class RefusalsIT {
  private Installation banger;

  @BeforeEach
  void install() {
    banger = new Installation();
  }

  @AfterEach
  void uninstall() {
    banger.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vm run --name Bad_Name -- true | invalid character 'B'",
        "vm run --name -lead -- true | ''",
        "vm run --memory 0 -- true | memory",
        "vm run --memory=-1 -- true | memory",
        "vm run --memory 99999999999999999999G -- true | 99999999999999999999G",
        "vm run --memory 5X -- true | 5X",
        "vm run --vcpu 0 -- true | vcpu",
        "vm run --disk-size 0 -- true | disk",
        "vm run --image no-such-image -- true | no-such-image",
        "vm run -- | command",
        "vm run --rm -d | --rm",
        "vm run -d -- true | -d",
        "vm show nobody | vm \"nobody\" not found",
        "vm exec nobody -- true | vm \"nobody\" not found",
        "vm stop | vm",
        "image show nothing | nothing",
        "kernel show nothing | nothing",
        "no-such-command | no-such-command",
      })
  void refuses(String words, String expected) {
    Outcome outcome = banger.banger(words.split(" "));

    assertThat(outcome.status()).as(outcome::toString).isIn(1, 2);
    assertThat(outcome.stderr()).contains(expected);
    assertThat(outcome.stdout()).isEmpty();
    banger.assertNoMachineLeft();
    assertThat(banger.json("image", "list")).isEmpty();
  }

  @Test
  void a_list_succeeds_where_the_refusals_fail() {
    assertThat(banger.succeed("vm", "list")).startsWith("ID");
    assertThat(banger.succeed("version")).contains("banger");
  }

  @Test
  void a_home_that_cannot_be_written_is_refused_by_name() throws IOException {
    // Even root cannot make a directory below a file.
    Path file = Files.createFile(banger.home().resolve("file"));
    Outcome outcome =
        Running.start(
                List.of(Installation.DISTRIBUTION.resolve("bin/banger").toString(), "vm", "list"),
                file)
            .await(Duration.ofMinutes(1));

    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.stderr()).contains("banger: ").contains(file.toString());
  }

  @Test
  void a_run_directory_that_others_may_enter_is_refused() throws IOException {
    Path run = Files.createDirectory(banger.home().resolve("run"));
    Files.setPosixFilePermissions(
        run, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));

    Outcome outcome = banger.banger("vm", "list");

    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.stderr()).contains(run.toString());
    Files.setPosixFilePermissions(
        run, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
    banger.succeed("vm", "list");
  }

  @Test
  void two_installations_never_meet() {
    try (Installation other = new Installation()) {
      assertThat(startedPid(banger)).isNotEqualTo(startedPid(other));
      assertThat(banger.json("daemon", "status").get("state").asText())
          .startsWith(banger.home().toString());
    }
  }

  private static long startedPid(Installation installation) {
    installation.succeed("daemon", "start");
    return installation.daemon().orElseThrow().pid();
  }
}
