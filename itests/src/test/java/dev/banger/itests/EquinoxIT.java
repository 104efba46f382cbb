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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The distribution with one file exchanged: Equinox as its framework. */
class EquinoxIT {
  @Test
  void the_distribution_runs_on_equinox(@TempDir Path directory) throws IOException {
    Path distribution = withEquinox(directory);
    try (Installation banger = new Installation(Installation.temporaryHome(), distribution)) {
      assertThat(banger.json("vm", "list")).isEmpty();
      TinyImage.importInto(banger, directory);
      banger.succeed("vm", "create", "--no-start", "--image", TinyImage.NAME, "--name", "record");
      assertThat(banger.json("vm", "list")).hasSize(1);
      assertThat(bundles(banger))
          .hasSizeGreaterThan(30)
          .allMatch(line -> line.contains("Active"))
          .first()
          .asString()
          .contains("org.eclipse.osgi");
    }
  }

  @Test
  void a_machine_boots_on_equinox(@TempDir Path directory) throws IOException {
    assumeTrue(Files.isExecutable(BusyboxImage.BUSYBOX), "busybox-static is not installed");
    Path distribution = withEquinox(directory);
    try (Installation banger = new Installation(Installation.temporaryHome(), distribution)) {
      Path image = BusyboxImage.archive(directory);
      banger.succeed("image", "import", image.toString(), "--name", "busybox");
      // Its kernel is made before.
      Outcome version =
          banger
              .start(
                  "vm",
                  "run",
                  "--rm",
                  "--image",
                  "busybox",
                  "--memory",
                  "128M",
                  "--",
                  "cat",
                  "/proc/version")
              .await(Duration.ofMinutes(12));
      assertThat(version.stdout()).as("%s", version).startsWith("Linux version ");
      banger.assertNoMachineLeft();
    }
  }

  private static List<String> bundles(Installation banger) {
    return banger
        .succeed("shell", "-c", "felix:lb -s")
        .lines()
        .filter(line -> line.matches("\\s*[0-9]+\\|.*"))
        .toList();
  }

  private static Path withEquinox(Path directory) throws IOException {
    Path distribution = directory.resolve("banger");
    Outcome copied =
        Running.start(
                List.of("cp", "-a", Installation.DISTRIBUTION.toString(), distribution.toString()),
                directory)
            .await(Duration.ofMinutes(2));
    assertThat(copied.status()).as("%s", copied).isZero();
    Files.copy(
        TestClassPath.jar("org.eclipse.osgi"),
        distribution.resolve("lib/framework.jar"),
        StandardCopyOption.REPLACE_EXISTING);
    // It holds the classes of the other framework.
    Files.deleteIfExists(distribution.resolve("lib/bangerd.jsa"));
    return distribution;
  }
}
