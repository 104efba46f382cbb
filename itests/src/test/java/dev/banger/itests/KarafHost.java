// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A minimal Karaf as it is downloaded, running without a console and without a network: what it
 * installs comes from directories that the build made.
 */
final class KarafHost implements AutoCloseable {
  private static final Path UNPACKED = Path.of(System.getProperty("banger.karaf"));
  private static final Duration COMMAND = Duration.ofMinutes(4);

  private final Path home;
  private final Path directory;
  private final Running server;

  /**
   * Starts it.
   *
   * @param home banger's home; Karaf's own files lie below it
   * @param repositories Maven repositories
   */
  KarafHost(Path home, List<Path> repositories) throws IOException {
    this.home = home;
    this.directory = home.resolve("karaf");
    copy(UNPACKED.toString(), directory);
    configure(repositories);
    this.server = Running.start(List.of(program("karaf"), "server"), home);
  }

  private void configure(List<Path> repositories) throws IOException {
    for (Path repository : repositories) {
      copy(repository + "/.", directory.resolve("system"));
    }
    append(
        "org.ops4j.pax.url.mvn.cfg",
        "org.ops4j.pax.url.mvn.repositories=",
        "org.ops4j.pax.url.mvn.localRepository=" + directory.resolve("data/m2"));
    // What Karaf's feature of DS fetches for a person to look at components with.
    Files.writeString(
        directory.resolve("etc/org.apache.karaf.features.xml"),
        """
        <featuresProcessing xmlns="http://karaf.apache.org/xmlns/features-processing/v1.0.0">
          <blacklistedBundles>
            <bundle>mvn:org.apache.karaf.scr/*</bundle>
            <bundle>mvn:org.apache.felix/org.apache.felix.inventory</bundle>
            <bundle>mvn:org.apache.felix/org.apache.felix.webconsole.plugins.ds</bundle>
          </blacklistedBundles>
        </featuresProcessing>
        """);
    append("org.apache.karaf.shell.cfg", "sshHost=127.0.0.1", "sshPort=" + FreePort.any());
    // Nobody may log in to a Karaf as it is downloaded.
    append(
        "users.properties",
        "karaf = karaf,_g_:admingroup",
        "_g_\\:admingroup = group,admin,manager,viewer,systembundles,ssh");
  }

  private void copy(String from, Path to) {
    Outcome copied =
        Running.start(List.of("cp", "-a", from, to.toString()), home).await(Duration.ofMinutes(2));
    assertThat(copied.status()).as("%s", copied).isZero();
  }

  private void append(String file, String... lines) throws IOException {
    List<String> all = new ArrayList<>(List.of(""));
    all.addAll(List.of(lines));
    Files.write(directory.resolve("etc").resolve(file), all, StandardOpenOption.APPEND);
  }

  private String program(String name) {
    return directory.resolve("bin").resolve(name).toString();
  }

  /** Runs a line in Karaf's shell, which must succeed, and gives what it printed. */
  String shell(String line) {
    Outcome outcome = tryShell(line);
    assertThat(outcome.status()).as(() -> line + ": " + outcome + log()).isZero();
    return outcome.stdout();
  }

  /** Runs a line in Karaf's shell. */
  Outcome tryShell(String line) {
    return Running.start(
            List.of(program("client"), "-u", "karaf", "-p", "karaf", "-r", "60", "-d", "1", line),
            home)
        .await(COMMAND);
  }

  /** What is installed: state, start level, version and symbolic name. */
  List<String> bundles() {
    return shell("bundle:list -t 0 -s --no-ellipsis")
        .lines()
        .filter(line -> line.matches("\\s*[0-9]+ .*"))
        .toList();
  }

  /** Whether it still runs. */
  boolean isAlive() {
    return server.process().isAlive();
  }

  String log() {
    try {
      return Files.readString(directory.resolve("data/log/karaf.log"));
    } catch (IOException e) {
      return "(no log: " + e + ")";
    }
  }

  @Override
  public void close() {
    Running.start(List.of(program("stop")), home).await(COMMAND);
    server.await(COMMAND);
  }
}
