// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A project that the archetype makes, as docs/plugins.md tells it. */
final class GeneratedProject {
  private static final Path SOURCE = Path.of(System.getProperty("banger.source")).normalize();
  private static final String VERSION = System.getProperty("banger.version");

  private final Path directory;

  /**
   * @param directory an empty directory for the project, its repository and Maven's log
   */
  GeneratedProject(Path directory) {
    this.directory = directory;
  }

  /** Generates a capability "hello" and builds it with its tests, against what this build made. */
  Path build() throws IOException, InterruptedException {
    Path repository = repository();
    Path parent = Files.createDirectory(directory.resolve("projects"));
    maven(
        repository,
        parent,
        System.getProperty("banger.archetype-plugin") + ":generate",
        "-DarchetypeCatalog=local",
        "-DarchetypeGroupId=dev.banger",
        "-DarchetypeArtifactId=capability-archetype",
        "-DarchetypeVersion=" + VERSION,
        "-DgroupId=org.example",
        "-DartifactId=hello",
        "-Dversion=1.0.0");
    Path project = parent.resolve("hello");
    maven(repository, project, "package");
    assertThat(project.resolve("target/surefire-reports/org.example.HelloCapabilityTest.txt"))
        .content()
        .contains("Failures: 0, Errors: 0, Skipped: 0")
        .doesNotContain("Tests run: 0");
    return project.resolve("target/hello-1.0.0.jar");
  }

  /** A local repository with what a plugin's author needs of this build. */
  private Path repository() throws IOException {
    Path repository = directory.resolve("repository");
    publish(repository, "banger", SOURCE, null);
    publish(repository, "core-model", SOURCE.resolve("bundles/core-model"), "jar");
    publish(repository, "capability-testkit", SOURCE.resolve("bundles/capability-testkit"), "jar");
    publish(repository, "capability-archetype", SOURCE.resolve("capability-archetype"), "jar");
    return repository;
  }

  private static void publish(Path repository, String artifact, Path module, String type)
      throws IOException {
    Path target =
        Files.createDirectories(
            repository.resolve("dev/banger").resolve(artifact).resolve(VERSION));
    String file = artifact + "-" + VERSION + ".";
    Files.copy(module.resolve("pom.xml"), target.resolve(file + "pom"));
    if (type != null) {
      Files.copy(module.resolve("target").resolve(file + type), target.resolve(file + type));
    }
  }

  private void maven(Path repository, Path project, String... words)
      throws IOException, InterruptedException {
    Path log = directory.resolve("maven.log");
    List<String> argv = new ArrayList<>();
    argv.add(SOURCE.resolve("mvnw").toString());
    argv.addAll(List.of("-B", "-ntp", "-Dmaven.repo.local=" + repository));
    argv.add("-Dmaven.repo.local.tail=" + tail());
    if (System.getProperty("banger.maven-mode").equals("offline=true")) {
      argv.add("-o");
    }
    argv.addAll(Arrays.asList(words));
    Process process =
        new ProcessBuilder(argv)
            .directory(project.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("Maven's end").isTrue();
      assertThat(process.exitValue()).as("%s: %s", argv, Files.readString(log)).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  /** The repositories that this build itself reads. */
  private static String tail() {
    String local = System.getProperty("banger.maven-repository");
    String more = System.getProperty("banger.maven-repository-tail");
    return more.startsWith("${") ? local : local + "," + more;
  }
}
