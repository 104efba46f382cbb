// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.operation.Operation;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionTest {
  private final CommandLab lab = new CommandLab();

  @BeforeEach
  void machines() {
    lab.vms.add("1111aaaa0000", "web", VmState.RUNNING);
    lab.vms.add("2222bbbb0000", "web-two", VmState.STOPPED);
  }

  private List<String> complete(String... words) {
    return lab.commands().complete(List.of(words), words.length - 1, Operation.background());
  }

  @Test
  void completes_commands_and_subcommands() {
    assertThat(complete("")).contains("vm", "ps", "image", "help", "shell", "completion");
    assertThat(complete("v")).containsExactly("version", "vm");
    assertThat(complete("vm", "re")).containsExactly("rename", "reset", "restart");
    assertThat(complete("vm", "")).hasSize(22).doesNotContain("rm", "ls");
    assertThat(complete("help", "vm", "ru")).containsExactly("run");
    assertThat(complete("-")).containsExactly("--help", "--version");
  }

  @Test
  void completes_flags_that_are_not_given_yet() {
    assertThat(complete("vm", "run", "--r")).containsExactly("--rm");
    assertThat(complete("vm", "run", "--rm", "--r")).isEmpty();
    assertThat(complete("vm", "run", "-e", "A=1", "--en")).containsExactly("--env");
    assertThat(complete("vm", "list", "-"))
        .containsExactly("--help", "--json", "--label", "--quiet", "--state");
  }

  @Test
  void completes_live_names_by_state() {
    assertThat(complete("vm", "stop", "")).containsExactly("web");
    assertThat(complete("vm", "start", "w")).containsExactly("web-two");
    assertThat(complete("vm", "delete", "w")).containsExactly("web", "web-two");
    assertThat(complete("vm", "delete", "web", "")).containsExactly("web-two");
    assertThat(complete("vm", "rm", "web-")).containsExactly("web-two");
    assertThat(complete("vm", "exec", "")).containsExactly("web");
    assertThat(complete("vm", "show", "web", "")).isEmpty();
  }

  @Test
  void completes_values_of_options() {
    assertThat(complete("vm", "run", "--image", "debian-"))
        .containsExactly("debian-bookworm", "debian-trixie");
    assertThat(complete("vm", "run", "--image=debian-t")).containsExactly("--image=debian-trixie");
    assertThat(complete("vm", "kill", "--signal", "T")).containsExactly("TERM");
    assertThat(complete("image", "pull", "")).containsExactly("debian-bookworm", "debian-trixie");
    assertThat(complete("image", "show", "")).containsExactly("debian-bookworm");
    assertThat(complete("vm", "list", "--state", "")).contains("running", "stopped");
    assertThat(complete("vm", "reset", "")).containsExactly("web-two");
    assertThat(complete("vm", "rename", "web", "")).isEmpty();
    assertThat(complete("completion", "")).containsExactly("bash", "zsh");
    assertThat(complete("vm", "run", "--name", "")).isEmpty();
  }

  @Test
  void proposes_nothing_for_the_guests_command_and_for_nonsense() {
    assertThat(complete("vm", "exec", "web", "--", "")).isEmpty();
    assertThat(complete("nope", "")).isEmpty();
    assertThat(complete("vm", "nope", "--nope", "")).isEmpty();
    assertThat(lab.commands().complete(List.of("vm"), 9, Operation.background())).isEmpty();
    assertThat(lab.commands().complete(List.of(), 0, Operation.background())).isNotEmpty();
    assertThat(lab.run("__complete")).isZero();
    assertThat(lab.run("__complete", "x", "vm")).isZero();
    assertThat(lab.out()).isEmpty();
  }

  @Test
  void completes_in_the_middle_of_a_line() {
    List<String> words = List.of("vm", "st", "--json");
    assertThat(lab.commands().complete(words, 1, Operation.background()))
        .containsExactly("start", "stats", "stop");
  }

  @Test
  void bash_completes_with_the_script(@TempDir Path directory) throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/bin/bash")), "bash is what runs the script");
    assertThat(bash(directory, "vm", "st")).containsExactly("start", "stats", "stop");
    assertThat(bash(directory, "vm", "run", "--image", "=", "debian-t"))
        .containsExactly("debian-trixie");
    assertThat(bash(directory, "vm", "stop", "")).containsExactly("web");
    assertThat(bash(directory, "vm", "run", "--image", "debian-"))
        .containsExactly("debian-bookworm", "debian-trixie");
    assertThat(bash(directory, "nope", "")).isEmpty();
  }

  // A stand-in for the client writes down its words; what the daemon would say is then handed out.
  private List<String> bash(Path directory, String... typed) throws Exception {
    Path client = directory.resolve("banger");
    Path asked = directory.resolve("asked");
    Path answer = directory.resolve("answer");
    Files.deleteIfExists(asked);
    Files.deleteIfExists(answer);
    Files.writeString(
        client, "#!/bin/bash\nprintf '%s\\n' \"$@\" >\"${0%/*}/asked\"\ncat \"${0%/*}/answer\"\n");
    Files.setPosixFilePermissions(client, PosixFilePermissions.fromString("rwx------"));
    Files.writeString(answer, "");
    script(directory, client, typed);
    List<String> words = new ArrayList<>(Files.readAllLines(asked));
    assertThat(words.remove(0)).isEqualTo("__complete");
    int index = Integer.parseInt(words.remove(0));
    Files.write(answer, lab.commands().complete(words, index, Operation.background()));
    return script(directory, client, typed);
  }

  private List<String> script(Path directory, Path client, String... typed)
      throws IOException, InterruptedException {
    lab.console = new FakeConsole();
    lab.run("completion", "bash");
    StringBuilder words = new StringBuilder("'" + client + "'");
    for (String word : typed) {
      words.append(" '").append(word).append('\'');
    }
    String test =
        lab.out()
            + "COMP_WORDS=("
            + words
            + ")\nCOMP_CWORD="
            + typed.length
            + "\n_banger\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    Path file = Files.writeString(directory.resolve("test.bash"), test);
    Process bash =
        new ProcessBuilder("/bin/bash", "--norc", file.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(bash.getInputStream().readAllBytes());
    assertThat(bash.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return output.lines().filter(line -> !line.isEmpty()).toList();
  }
}
