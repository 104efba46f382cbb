// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The example of docs/embedding.md, compiled and run as it says there. */
class EmbeddingIT {
  private static final String EXAMPLE = System.getProperty("banger.example");

  @ParameterizedTest
  @ValueSource(strings = {"org.apache.felix.framework", "org.eclipse.osgi"})
  void a_program_makes_a_machine_in_a_framework_of_its_own(
      String framework, @TempDir Path directory) throws IOException {
    try (Installation banger = new Installation()) {
      TinyImage.importInto(banger, directory);
      banger.succeed("daemon", "stop");
      Outcome example =
          Running.start(
                  List.of(
                      Path.of(System.getProperty("java.home"), "bin/java").toString(),
                      "-cp",
                      TestClassPath.jar(framework) + ":" + Repository.bundle("core-model"),
                      EXAMPLE,
                      Repository.DIRECTORY.toString(),
                      banger.home().toString(),
                      TinyImage.NAME),
                  directory)
              .await(Duration.ofMinutes(3));
      assertThat(example.status()).as("%s", example).isZero();
      assertThat(example.stdout()).containsPattern("(?m)^[a-z0-9-]+ is created$");
      assertThat(banger.json("vm", "list")).hasSize(1);
    }
  }
}
