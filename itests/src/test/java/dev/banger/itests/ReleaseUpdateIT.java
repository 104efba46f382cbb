// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.example.sample.NoTrial;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole installation comes to other releases, and back, while a machine runs. */
@Timeout(300)
class ReleaseUpdateIT {
  private static final String API = "system/5/core-model.jar";
  private static final String STORE = "system/6/store.jar";

  @TempDir static Path directory;
  private static Path distribution;
  private static Installation banger;
  private static String boot;
  private static int number;
  private Map<String, byte[]> before;

  @BeforeAll
  static void install() throws IOException {
    assumeTrue(Files.isExecutable(BusyboxImage.BUSYBOX), "busybox-static is not installed");
    distribution = directory.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, distribution);
    banger = new Installation(Installation.temporaryHome(), distribution);
    banger.succeed("image", "import", BusyboxImage.archive(directory).toString(), "--name", "tiny");
    banger.succeed("vm", "create", "--image", "tiny", "--memory", "128M", "--name", "web");
    boot = bootId();
  }

  @AfterAll
  static void uninstall() {
    if (banger != null) {
      banger.close();
    }
  }

  @BeforeEach
  void remember() throws IOException {
    before = files();
  }

  private static ReleaseFolder release() throws IOException {
    return ReleaseFolder.of(distribution, directory.resolve("release-" + ++number));
  }

  private static Outcome update(Path release) {
    return banger.banger("update", release.toString(), "--yes");
  }

  private static String bootId() {
    return banger.succeed("vm", "exec", "web", "--", "cat", "/proc/sys/kernel/random/boot_id");
  }

  private static long daemon() {
    return banger.daemon().orElseThrow().pid();
  }

  /** What the installation consists of. */
  private static Map<String, byte[]> files() throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    for (String part : List.of("bin", "conf", "lib", "optional", "system")) {
      try (Stream<Path> files = Files.walk(distribution.resolve(part))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          contents.put(distribution.relativize(file).toString(), Files.readAllBytes(file));
        }
      }
    }
    contents.put("list", Files.readAllBytes(distribution.resolve("release.properties")));
    return contents;
  }

  private void assertNothingChanged() throws IOException {
    Map<String, byte[]> now = files();
    assertThat(now.keySet()).isEqualTo(before.keySet());
    now.forEach((path, content) -> assertThat(content).as(path).isEqualTo(before.get(path)));
    assertTheMachineRuns();
  }

  private static void assertTheMachineRuns() {
    assertThat(bootId()).isEqualTo(boot);
    assertThat(banger.json("vm", "list").get(0).get("state").asText()).isEqualTo("running");
  }

  private static String version(String name) {
    for (JsonNode each : banger.json("plugin", "list", "--all")) {
      if (each.get("name").asText().equals("dev.banger." + name)) {
        assertThat(each.get("state").asText()).as(name).isEqualTo("active");
        return each.get("version").asText();
      }
    }
    return null;
  }

  @Test
  void bundles_are_exchanged_while_the_daemon_runs() throws IOException {
    ReleaseFolder release =
        release()
            .bump("system/6/store.jar", "0.1.1")
            .bump("system/6/vm-service.jar", "0.1.1")
            .bump("system/6/hypervisor-qemu.jar", "0.1.1")
            .bump("system/5/runtime.jar", "0.1.1")
            .bump("system/7/shell.jar", "0.1.1")
            .named("0.1.1");
    long daemon = daemon();
    JsonNode plan = banger.json("update", archive(release).toString(), "--dry-run");
    assertThat(plan.get("way").asText()).isEqualTo("live");
    assertThat(plan.get("changes").findValuesAsText("bundle"))
        .hasSize(5)
        .containsSubsequence("dev.banger.store", "dev.banger.vm-service")
        .endsWith("dev.banger.runtime", "dev.banger.shell");
    assertNothingChanged();
    Outcome unasked = banger.banger("update", release.root().toString());
    assertThat(unasked.status()).isEqualTo(2);

    Outcome updated = update(archive(release));
    assertThat(updated.status()).as("%s", updated).isZero();
    assertThat(updated.stderr()).contains("replaced: dev.banger.store 0.1.0.SNAPSHOT → 0.1.1");
    assertThat(updated.stdout()).containsPattern("banger .* → 0\\.1\\.1 in [0-9]+ ms");
    for (String name : List.of("store", "vm-service", "hypervisor-qemu", "runtime", "shell")) {
      assertThat(version(name)).isEqualTo("0.1.1");
    }
    assertThat(version("image-service")).isEqualTo("0.1.0.SNAPSHOT");
    assertThat(distribution.resolve("system/6/store.jar"))
        .hasSameBinaryContentAs(release.root().resolve("system/6/store.jar"));
    assertThat(daemon()).isEqualTo(daemon);
    assertTheMachineRuns();
    assertThat(banger.succeed("events")).contains("release_updated");
  }

  private static Path archive(ReleaseFolder release) {
    Path archive = release.root().resolveSibling(release.root().getFileName() + ".tar.gz");
    if (!Files.exists(archive)) {
      Outcome tar =
          Running.start(
                  List.of(
                      "tar",
                      "-C",
                      release.root().getParent().toString(),
                      "--use-compress-program=gzip -1",
                      "-cf",
                      archive.toString(),
                      release.root().getFileName().toString()),
                  directory)
              .await(Duration.ofMinutes(1));
      assertThat(tar.status()).as("%s", tar).isZero();
    }
    return archive;
  }

  @Test
  void when_one_bundle_does_not_work_all_return() throws IOException {
    ReleaseFolder release =
        release()
            .bump("system/6/auth-sync.jar", "0.1.2")
            .bump("system/6/image-service.jar", "0.1.2")
            .bump("system/7/shell.jar", "0.1.2");
    Path deaf = release.root().resolve("deaf");
    BundleFile.without("Service-Component", release.root().resolve("system/6/work-disk.jar"), deaf);
    release.with("system/6/work-disk.jar", deaf);
    Files.delete(deaf);
    release.named("0.1.2");
    long daemon = daemon();
    Outcome reverted = update(release.root());
    assertThat(reverted.status()).as("%s", reverted).isEqualTo(1);
    assertThat(reverted.stderr())
        .contains("0.1.2 was given up: dev.banger.work-disk")
        .contains("does not publish the service")
        .contains("is at work again");
    assertThat(version("auth-sync")).isEqualTo("0.1.0.SNAPSHOT");
    assertThat(version("image-service")).isEqualTo("0.1.0.SNAPSHOT");
    assertThat(daemon()).isEqualTo(daemon);
    assertNothingChanged();
    assertThat(banger.succeed("update", "--status")).contains("was given up");
    assertThat(banger.banger("doctor").stdout()).contains("0.1.2 was given up");
    assertThat(banger.succeed("events")).contains("release_reverted");
  }

  @Test
  void a_release_with_another_api_comes_by_a_new_daemon() throws IOException {
    ReleaseFolder release =
        release().bump(API, "0.1.3").bump("system/6/port-forward.jar", "0.1.3").named("0.1.3");
    long daemon = daemon();
    Outcome updated = update(release.root());
    assertThat(updated.status()).as("%s", updated).isZero();
    assertThat(updated.stderr())
        .contains("dev.banger.core-model cannot be exchanged while the daemon runs");
    assertThat(updated.stdout()).contains("→ 0.1.3 in ");
    assertThat(version("core-model")).isEqualTo("0.1.3");
    assertThat(version("port-forward")).isEqualTo("0.1.3");
    assertThat(daemon()).isNotEqualTo(daemon);
    assertTheMachineRuns();
    assertThat(distribution.resolve("update/journal")).doesNotExist();
  }

  @Test
  void when_the_new_daemon_is_not_whole_the_previous_one_returns() throws IOException {
    ReleaseFolder release =
        release().bump(API, "0.1.4").with("system/6/picky.jar", picky()).named("0.1.4");
    long daemon = daemon();
    Outcome reverted = update(release.root());
    assertThat(reverted.status()).as("%s", reverted).isEqualTo(1);
    assertThat(reverted.stderr())
        .contains("dev.banger.picky is new")
        .contains("0.1.4 was given up: dev.banger.picky: ")
        .contains("is at work again");
    assertThat(version("picky")).isNull();
    assertThat(daemon()).isNotEqualTo(daemon);
    assertNothingChanged();
  }

  /** A bundle by which no release comes through its trial. */
  private static Path picky() throws IOException {
    return BundleFile.of(
        NoTrial.class,
        Map.of(
            "Bundle-SymbolicName", "dev.banger.picky",
            "Bundle-Version", "1.0.0",
            "Bundle-Activator", NoTrial.class.getName(),
            "Import-Package", "org.osgi.framework"),
        directory.resolve("picky.jar"));
  }

  private static Path database() {
    return banger.home().resolve("state/banger.db");
  }

  private static int newestSchema() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database());
        Statement statement = connection.createStatement();
        ResultSet newest = statement.executeQuery("SELECT max(id) FROM schema_migrations")) {
      return newest.getInt(1);
    }
  }

  private static void change(String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database());
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  @Test
  void a_release_that_cannot_use_the_database_is_refused_before_anything_changes()
      throws Exception {
    change("INSERT INTO schema_migrations VALUES (99, 'later', 'now', '9.0.0')");
    try {
      Outcome refused = update(release().bump(API, "0.1.10").named("0.1.10").root());
      assertThat(refused.status()).as("%s", refused).isEqualTo(1);
      assertThat(refused.stderr())
          .contains("is not whole, and nothing was changed: dev.banger.store: its own check failed")
          .contains("install banger 9.0.0 again");
    } finally {
      change("DELETE FROM schema_migrations WHERE id = 99");
    }
    assertNothingChanged();
  }

  @Test
  void a_database_is_migrated_once_the_release_has_shown_that_it_works() throws Exception {
    Path previous = Files.copy(distribution.resolve(STORE), directory.resolve("previous.jar"));
    Path store = directory.resolve("next.jar");
    int schema = NextSchema.of(previous, store, directory.resolve("next"));

    Outcome reverted =
        update(
            release()
                .with(STORE, store)
                .with("system/6/picky.jar", picky())
                .named("0.1.11")
                .root());
    assertThat(reverted.status()).as("%s", reverted).isEqualTo(1);
    assertThat(reverted.stderr()).contains("0.1.11 was given up: dev.banger.picky: ");
    assertThat(newestSchema()).isEqualTo(schema - 1);
    assertNothingChanged();

    Outcome updated = update(release().with(STORE, store).named("0.1.12").root());
    assertThat(updated.status()).as("%s", updated).isZero();
    assertTheMachineRuns();
    assertThat(newestSchema()).isEqualTo(schema);
    change("INSERT INTO %s VALUES ('of the new release')".formatted(NextSchema.TABLE));

    Outcome refused = update(release().with(STORE, previous).named("0.1.13").root());
    assertThat(refused.status()).as("%s", refused).isEqualTo(1);
    assertThat(refused.stderr())
        .contains("nothing was changed: dev.banger.store: its own check failed");
    assertTheMachineRuns();
  }

  @Test
  void a_release_that_cannot_be_wired_is_refused_before_anything_changes() throws IOException {
    Path lacking =
        BundleFile.of(
            NoTrial.class,
            Map.of(
                "Bundle-SymbolicName", "dev.banger.lacking",
                "Bundle-Version", "1.0.0",
                "Import-Package", "org.nowhere"),
            directory.resolve("lacking.jar"));
    long daemon = daemon();
    Outcome refused = update(release().with("system/6/lacking.jar", lacking).named("0.1.5").root());
    assertThat(refused.status()).as("%s", refused).isEqualTo(1);
    assertThat(refused.stderr())
        .contains(
            "is not whole, and nothing was changed: dev.banger.lacking: it wants the package org.nowhere");
    assertThat(daemon()).isEqualTo(daemon);
    assertNothingChanged();
  }

  @Test
  void a_release_that_was_tampered_with_is_refused() throws IOException {
    ReleaseFolder release = release().bump("system/6/store.jar", "0.1.6").named("0.1.6");
    release.bump("system/6/store.jar", "0.1.7");
    Outcome refused = update(release.root());
    assertThat(refused.status()).as("%s", refused).isEqualTo(1);
    assertThat(refused.stderr()).contains("system/6/store.jar of the release is damaged");
    Files.delete(release.root().resolve("system/6/store.jar"));
    assertThat(update(release.root()).stderr()).contains("it has no file system/6/store.jar");
    assertNothingChanged();
  }

  @Test
  void when_the_daemon_is_killed_on_the_way_the_previous_release_returns() throws IOException {
    List<String> bundles =
        Stream.of("auth-sync", "hypervisor-qemu", "image-service", "port-forward", "store")
            .map("system/6/%s.jar"::formatted)
            .toList();
    ReleaseFolder release = release();
    for (String each : bundles) {
      release.bump(each, "0.1.8");
    }
    release.bump("system/5/runtime.jar", "0.1.8").bump("system/7/shell.jar", "0.1.8");
    release.named("0.1.8");
    ProcessHandle daemon = banger.daemon().orElseThrow();
    Running update = banger.start("update", release.root().toString(), "--yes");
    Installation.await(
        "the first bundle",
        Duration.ofSeconds(60),
        () ->
            bundles.stream()
                .anyMatch(each -> same(distribution.resolve(each), release.root().resolve(each))));
    daemon.destroyForcibly();
    Outcome reverted = update.await(Duration.ofMinutes(2));
    assertThat(reverted.status()).as("%s", reverted).isEqualTo(1);
    assertThat(reverted.stderr()).contains("the daemon ended before the update did");
    assertNothingChanged();
  }

  private static boolean same(Path file, Path other) {
    try {
      return Files.mismatch(file, other) < 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
