// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GitIdentityTest {
  private final FakeGit git = new FakeGit();

  @Test
  void it_is_that_of_the_host() {
    assertThat(identity()).isEqualTo(new GitIdentity("Jo Doe", "jo@example.org"));
  }

  @Test
  void values_that_are_absent_or_could_say_more_than_they_are_are_refused() {
    for (String value :
        List.of("", "a\n[core]\n\tpager = sh", "a\rb", "a\u001bb", "x".repeat(257))) {
      git.values.put("user.name", value);
      assertThatThrownBy(this::identity)
          .isInstanceOf(BangerException.class)
          .hasMessageContainingAll("user.name", "git config --global user.name", AuthSync.PID);
    }
    git.values.put("user.name", "x".repeat(256));
    assertThat(identity().name()).hasSize(256);
    git.values.remove("user.email");
    assertThatThrownBy(this::identity).hasMessageContaining("user.email");
  }

  @Test
  void git_reads_from_the_file_what_was_written_into_it(@TempDir Path directory) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/git")), "git is not installed");
    for (String name :
        List.of("Jo", " a \"b\" \\n c\\", "# ; [x] = y", "Ünïcode ✓", "$(id) `id`")) {
      Path file =
          Files.writeString(
              directory.resolve("config"), new GitIdentity(name, "jo@x").configuration());

      assertThat(ask(file, "user.name")).isEqualTo(name + "\n");
      assertThat(ask(file, "user.email")).isEqualTo("jo@x\n");
    }
  }

  private static String ask(Path file, String key) throws IOException {
    Process git =
        new ProcessBuilder("/usr/bin/git", "config", "--file", file.toString(), "--get", key)
            .redirectErrorStream(true)
            .start();
    return new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private GitIdentity identity() {
    return GitIdentity.ofHost(git, Operation.background());
  }
}
