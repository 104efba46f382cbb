// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.runner.JUnitCore;

/**
 * {@link PlatformExam} in both containers of Pax Exam, on both frameworks and under the oldest and
 * the newest Java that banger is for. Each run has a process of its own, whose class path decides.
 */
class PlatformIT {
  static final String HOME = "banger.exam.home";
  static final String VENDOR = "banger.exam.vendor";
  static final String CONTAINER = "banger.exam.container";

  enum Framework {
    FELIX("org.apache.felix.framework", "Apache"),
    EQUINOX("org.eclipse.osgi", "Eclipse");

    private final String artifact;
    private final String vendor;

    Framework(String artifact, String vendor) {
      this.artifact = artifact;
      this.vendor = vendor;
    }
  }

  static Stream<Arguments> everywhere() {
    return Stream.of(17, 25)
        .flatMap(
            java ->
                Stream.of(Framework.values())
                    .flatMap(
                        framework ->
                            Stream.of("native", "forked")
                                .map(container -> Arguments.of(container, framework, java))));
  }

  @ParameterizedTest(name = "{0} container, {1}, Java {2}")
  @MethodSource("everywhere")
  void the_assembled_platform_works(
      String container, Framework framework, int java, @TempDir Path directory) {
    Optional<Path> javaHome = JavaHome.ofVersion(java);
    assumeTrue(javaHome.isPresent(), "no Java " + java + " is installed below /usr/lib/jvm");
    List<String> argv = new ArrayList<>();
    argv.add(javaHome.orElseThrow().resolve("bin/java").toString());
    argv.add("-XX:TieredStopAtLevel=1");
    argv.add("-Dbanger.distribution=" + Installation.DISTRIBUTION);
    argv.add("-D" + VENDOR + "=" + framework.vendor);
    argv.add("-D" + CONTAINER + "=" + container);
    argv.add("-D" + HOME + "=" + directory.resolve("home"));
    argv.add("-Djava.io.tmpdir=" + directory);
    argv.addAll(List.of("-cp", classPath(container, framework)));
    argv.addAll(List.of(JUnitCore.class.getName(), PlatformExam.class.getName()));
    Outcome run = Running.start(argv, directory).await(Duration.ofMinutes(5));
    assertThat(run.status()).as("%s", run).isZero();
    assertThat(run.stdout()).containsPattern("OK \\([1-9][0-9]* tests\\)");
  }

  private static String classPath(String container, Framework framework) {
    return TestClassPath.entries()
        .filter(
            entry ->
                Stream.of("native", "forked")
                    .filter(other -> !other.equals(container))
                    .noneMatch(other -> TestClassPath.is(entry, "pax-exam-container-" + other)))
        .filter(
            entry ->
                Stream.of(Framework.values())
                    .filter(other -> other != framework)
                    .noneMatch(other -> TestClassPath.is(entry, other.artifact)))
        .map(Path::toString)
        .collect(Collectors.joining(":"));
  }
}
