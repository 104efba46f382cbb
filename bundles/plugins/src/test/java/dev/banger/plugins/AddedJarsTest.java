// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginProblem.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AddedJarsTest {
  private static final TestPlugin FINE = TestPlugin.of("org.example.fine", "1.0.0");

  @TempDir Path directory;
  private FrameworkLab lab;
  private AddedJars jars;

  @BeforeEach
  void start() throws Exception {
    lab = FrameworkLab.in(directory);
    jars = new AddedJars(lab.context(), lab.installation(), lab.rehearsal(), Duration.ofHours(1));
  }

  @AfterEach
  void stop() throws Exception {
    lab.close();
  }

  private Path old(Path file) throws IOException {
    return Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(7200)));
  }

  @Test
  void names_what_is_damaged_until_it_is_whole_or_gone() throws Exception {
    lab.drop(FINE, "fine.jar");
    old(lab.bundles().resolve("fine.jar"));
    Path half = lab.bundles().resolve("half.jar");
    byte[] whole = Files.readAllBytes(lab.jar(TestPlugin.of("org.example.half", "1.0.0")));
    Files.write(half, Arrays.copyOf(whole, whole.length / 2));
    assertThat(jars.refused()).as("it may still be written").isEmpty();
    Path page = Files.writeString(lab.bundles().resolve("page.jar"), "<html>not found</html>");
    old(half);
    old(page);

    assertThat(jars.refused())
        .extracting(PluginProblem::subject)
        .containsExactly("half.jar", "page.jar");
    assertThat(jars.refused())
        .allMatch(each -> each.kind() == Kind.FILE)
        .allMatch(each -> each.message().contains(each.subject() + " is no bundle: "));

    Files.delete(page);
    Files.write(half, whole);
    old(half);
    assertThat(jars.refused()).isEmpty();
  }

  @Test
  void names_what_the_framework_does_not_take() throws Exception {
    Path jar = FINE.with("Import-Package", ";;=,").to(lab.bundles().resolve("mine.jar"));
    old(jar);
    assertThat(jars.refused())
        .singleElement()
        .matches(each -> each.message().contains("the framework does not take org.example.fine"));
  }

  @Test
  void there_are_none_where_another_program_installs_bundles() {
    assertThat(
            new AddedJars(lab.context(), new Installation(null), lab.rehearsal(), Duration.ZERO)
                .refused())
        .isEmpty();
  }
}
