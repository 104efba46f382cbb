// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.example.sample.ContentSelfCheck;
import org.example.sample.EndlessActivator;
import org.example.sample.RefusingSelfCheck;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands about plugins, with a daemon that runs and without machines. */
@Timeout(300)
class PluginCommandsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir static Path directory;
  private static Path bundles;
  private static Path system;
  private static Installation banger;

  @BeforeAll
  static void install() throws IOException {
    Path distribution = directory.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, distribution);
    bundles = distribution.resolve("bundles");
    system = distribution.resolve("system");
    banger = new Installation(Installation.temporaryHome(), distribution);
  }

  @AfterAll
  static void uninstall() {
    if (banger != null) {
      banger.close();
    }
  }

  @Test
  void a_plugin_is_installed_replaced_and_removed() throws IOException {
    String first = SamplePlugin.of("org.example.life", "1.0.0").in(directory).toString();
    Outcome unasked = banger.banger("plugin", "install", first);
    assertThat(unasked.status()).isEqualTo(2);
    assertThat(unasked.stderr()).contains("--yes");

    Outcome installed = banger.banger("plugin", "install", first, "--yes");
    assertThat(installed.status()).as("%s", installed).isZero();
    assertThat(installed.stdout()).isEqualTo("org.example.life\n");
    assertThat(installed.stderr()).containsPattern("sha256: +[0-9a-f]{64}").contains("not signed");
    assertThat(plugin("org.example.life").get("state").asText()).isEqualTo("active");
    assertThat(plugin("org.example.life").get("provides").toString()).contains("doctor check");
    assertThat(banger.banger("doctor").stdout()).contains("the sample is at work");
    assertThat(banger.banger("plugin", "install", first, "--yes").stderr())
        .contains("is installed")
        .contains("banger plugin update org.example.life");

    String second = SamplePlugin.of("org.example.life", "1.1.0").in(directory).toString();
    assertThat(banger.succeed("plugin", "update", "life", second)).contains("1.0.0 → 1.1.0");
    assertThat(plugin("org.example.life").get("version").asText()).isEqualTo("1.1.0");
    assertThat(jars("org.example.life")).hasSize(1);
    assertThat(banger.succeed("plugin", "info", "life"))
        .containsPattern("version: +1\\.1\\.0")
        .contains("package dev.banger.doctor [0.1.0,1.0.0)");
    assertThat(banger.succeed("events"))
        .contains("plugin_installed  plugin=org.example.life")
        .contains("plugin_updated  plugin=org.example.life");

    assertThat(banger.succeed("plugin", "remove", "life")).isEqualTo("org.example.life\n");
    assertThat(banger.banger("plugin", "info", "life").stderr()).contains("there is no plugin");
    assertThat(jars("org.example.life")).isEmpty();
    assertThat(banger.banger("plugin", "remove", "store").stderr())
        .contains("dev.banger.store is a part of banger and stays");
  }

  @Test
  void what_does_not_fit_is_refused_with_what_it_lacks_before_anything_changes()
      throws IOException {
    SamplePlugin plugin = SamplePlugin.of("org.example.unfit", "1.0.0");
    assertThat(refusal(plugin.alsoImporting("org.nowhere.to.be.found;version=\"[2,3)\"")))
        .contains("it wants the package org.nowhere.to.be.found [2.0.0,3.0.0)")
        .contains("no installed bundle exports");
    assertThat(refusal(plugin.alsoImporting("picocli;version=\"[9,10)\"")))
        .contains("it wants the package picocli [9.0.0,10.0.0)")
        .contains("and picocli has 4.7.7");
    assertThat(refusal(plugin.importing("dev.banger.doctor;version=\"[0.3,0.4)\"")))
        .contains("it was built for API 0.3 of banger, this is 0.1");
    String file = plugin.in(directory).toString();
    assertThat(
            banger.banger("plugin", "install", file, "--sha256", "0".repeat(64), "--yes").stderr())
        .contains("and not the one that was given");
    Path text = Files.writeString(directory.resolve("text.jar"), "no bundle");
    assertThat(banger.banger("plugin", "install", text.toString(), "--yes").stderr())
        .contains("is no bundle");
    assertThat(jars("org.example.unfit")).isEmpty();
  }

  @Test
  void one_that_does_not_work_is_taken_away_again() throws IOException {
    String broken = SamplePlugin.of("org.example.bad", "1.0.0").broken().in(directory).toString();
    Outcome refused = banger.banger("plugin", "install", broken, "--yes");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.stderr()).contains("was taken away again").contains("out of order");
    assertThat(jars("org.example.bad")).isEmpty();
    assertThat(names()).doesNotContain("org.example.bad");
  }

  @Test
  void one_that_finds_itself_out_of_order_is_taken_away_again() throws IOException {
    String[] api = {"dev.banger.plugin", "dev.banger.error"};
    SamplePlugin plugin = SamplePlugin.of("org.example.careful", "1.0.0");
    String dry = plugin.with(RefusingSelfCheck.class, api).in(directory).toString();

    Outcome refused = banger.banger("plugin", "install", dry, "--yes");
    assertThat(refused.status()).as("%s", refused).isEqualTo(1);
    assertThat(refused.stderr())
        .contains("was taken away again")
        .contains("its own check failed: the well is dry");
    assertThat(jars("org.example.careful")).isEmpty();
    assertThat(names()).doesNotContain("org.example.careful");

    String well = plugin.with(ContentSelfCheck.class, api).in(directory).toString();
    banger.succeed("plugin", "install", well, "--yes");
    assertThat(plugin("org.example.careful").get("state").asText()).isEqualTo("active");
    Outcome reverted =
        update(
            "careful",
            SamplePlugin.of("org.example.careful", "1.1.0")
                .with(RefusingSelfCheck.class, api)
                .in(directory));
    assertThat(reverted.stderr()).contains("the well is dry").contains("1.0.0 is at work again");
    banger.succeed("plugin", "remove", "careful");
  }

  @Test
  void a_signer_is_shown_and_what_was_changed_after_it_was_signed_is_refused() throws Exception {
    Path plain = SamplePlugin.of("org.example.signed", "1.0.0").in(directory);
    Path signed = new JarSigning(directory).sign(plain, directory.resolve("signed.jar"));
    Path changed = JarSigning.withOtherContent(signed, directory.resolve("changed.jar"));

    Outcome refused = banger.banger("plugin", "install", changed.toString(), "--yes");
    assertThat(refused.status()).as("%s", refused).isEqualTo(1);
    assertThat(refused.stderr()).contains("changed.jar was changed after it was signed");
    assertThat(jars("org.example.signed")).isEmpty();
    assertThat(names()).doesNotContain("org.example.signed");
    assertThat(banger.home().resolve("cache/plugins")).isEmptyDirectory();

    Outcome installed = banger.banger("plugin", "install", signed.toString(), "--yes");
    assertThat(installed.status()).as("%s", installed).isZero();
    assertThat(installed.stderr()).contains(JarSigning.SIGNER).doesNotContain("not signed");
    assertThat(banger.succeed("plugin", "info", "signed")).contains(JarSigning.SIGNER);
    assertThat(update("signed", changed).stderr()).contains("was changed after it was signed");
    assertThat(plugin("org.example.signed").get("state").asText()).isEqualTo("active");
    banger.succeed("plugin", "remove", "signed");
  }

  @Test
  void plugins_come_from_a_maven_repository_when_their_checksum_is_right() throws Exception {
    byte[] jar = Files.readAllBytes(SamplePlugin.of("org.example.fetched", "1.0.0").in(directory));
    String coordinates = "mvn:org.example:fetched:1.0.0";
    try (MavenRepository repository = new MavenRepository()) {
      banger.succeed(
          "config",
          "set",
          "plugins.mavenRepository",
          repository.address(),
          "plugins.localMavenRepository",
          Files.createDirectories(directory.resolve("local-repository")).toString());

      assertThat(fetch(coordinates)).contains("answers with 404");
      repository.serve("org/example/fetched/1.0.0/fetched-1.0.0.jar", jar);
      assertThat(fetch(coordinates)).contains("has no checksum beside it");
      repository.serve("org/example/fetched/1.0.0/fetched-1.0.0.jar.sha1", "0".repeat(40));
      assertThat(fetch(coordinates)).contains("is not what its .sha1 says");
      assertThat(jars("org.example.fetched")).isEmpty();
      assertThat(names()).doesNotContain("org.example.fetched");
      assertThat(banger.home().resolve("cache/plugins")).isEmptyDirectory();

      String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(jar));
      repository.serve("org/example/fetched/1.0.0/fetched-1.0.0.jar.sha1", digest);
      banger.succeed("plugin", "install", coordinates, "--yes");
      assertThat(plugin("org.example.fetched").get("state").asText()).isEqualTo("active");
      banger.succeed("plugin", "remove", "fetched");
    } finally {
      banger.succeed("config", "unset", "plugins.mavenRepository", "plugins.localMavenRepository");
    }
  }

  /** What is said of a source that gives nothing. */
  private static String fetch(String source) {
    Outcome refused = banger.banger("plugin", "install", source, "--yes");
    assertThat(refused.status()).as("%s", refused).isEqualTo(1);
    return refused.stderr();
  }

  @Test
  void a_bad_update_returns_to_the_version_before() throws IOException {
    SamplePlugin good = SamplePlugin.of("org.example.back", "1.0.0");
    banger.succeed("plugin", "install", good.in(directory).toString(), "--yes");
    SamplePlugin next = SamplePlugin.of("org.example.back", "1.1.0");

    Outcome unresolved =
        update("back", next.alsoImporting("org.nowhere;version=\"[1,2)\"").in(directory));
    assertThat(unresolved.status()).isEqualTo(1);
    assertThat(unresolved.stderr()).contains("nothing was changed").contains("org.nowhere");

    for (SamplePlugin bad : List.of(next.broken(), good.broken())) {
      Outcome reverted = update("back", bad.in(directory));
      assertThat(reverted.status()).isEqualTo(1);
      assertThat(reverted.stderr()).contains("out of order").contains("1.0.0 is at work again");
      assertThat(plugin("org.example.back").get("version").asText()).isEqualTo("1.0.0");
      assertThat(plugin("org.example.back").get("state").asText()).isEqualTo("active");
      assertThat(jars("org.example.back")).hasSize(1);
    }
    assertThat(banger.succeed("plugin", "list")).contains("a newer one was given up");
    assertThat(banger.banger("doctor").stdout())
        .contains("org.example.back 1.0.0 is at work: a newer one was given up");
    assertThat(banger.succeed("events")).contains("plugin_reverted  plugin=org.example.back");

    assertThat(update("back", next.in(directory)).status()).isZero();
    assertThat(plugin("org.example.back").hasNonNull("reverted")).isFalse();
    banger.succeed("plugin", "remove", "back");
  }

  @Test
  void a_daemon_with_a_plugin_that_hangs_while_it_stops_comes_to_its_end() throws IOException {
    drop(hanging(), "hanging.jar");
    Installation.await(
        "the plugin", LIMIT, () -> banger.banger("plugin", "info", "hanging").status() == 0);
    assertThat(plugin("org.example.hanging").get("state").asText()).isEqualTo("active");

    banger.succeed("daemon", "stop");

    assertThat(banger.processes()).isEmpty();
    Files.delete(bundles.resolve("hanging.jar"));
    banger.succeed("plugin", "list");
  }

  private static Path hanging() throws IOException {
    Manifest manifest = new Manifest();
    Attributes headers = manifest.getMainAttributes();
    headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.putValue("Bundle-ManifestVersion", "2");
    headers.putValue("Bundle-SymbolicName", "org.example.hanging");
    headers.putValue("Bundle-Version", "1.0.0");
    headers.putValue("Bundle-Activator", EndlessActivator.class.getName());
    headers.putValue("Import-Package", "org.osgi.framework");
    Path file = Files.createTempFile(directory, "hanging-", ".jar");
    String entry = EndlessActivator.class.getName().replace('.', '/') + ".class";
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest);
        InputStream bytes = EndlessActivator.class.getClassLoader().getResourceAsStream(entry)) {
      jar.putNextEntry(new JarEntry(entry));
      bytes.transferTo(jar);
    }
    return file;
  }

  @Test
  void a_file_that_was_replaced_by_hand_returns_when_the_new_one_does_not_work()
      throws IOException {
    Path good = SamplePlugin.of("org.example.hand", "1.0.0").in(directory);
    drop(good, "hand.jar");
    Path copy = banger.home().resolve("state/plugins/hand.jar");
    Installation.await("the copy of the good one", LIMIT, () -> Files.exists(copy));
    assertThat(plugin("org.example.hand").get("state").asText()).isEqualTo("active");

    drop(SamplePlugin.of("org.example.hand", "1.1.0").broken().in(directory), "hand.jar");
    Installation.await(
        "the return of the good one",
        LIMIT,
        () -> plugin("org.example.hand").hasNonNull("reverted"));
    assertThat(Files.mismatch(good, bundles.resolve("hand.jar"))).isEqualTo(-1);
    assertThat(plugin("org.example.hand").get("version").asText()).isEqualTo("1.0.0");
    assertThat(plugin("org.example.hand").get("state").asText()).isEqualTo("active");
    assertThat(plugin("org.example.hand").get("reverted").asText()).contains("out of order");
    assertThat(banger.succeed("events")).contains("plugin_reverted  plugin=org.example.hand");

    drop(SamplePlugin.of("org.example.hand", "1.2.0").in(directory), "hand.jar");
    Installation.await(
        "a good one",
        LIMIT,
        () ->
            plugin("org.example.hand").get("version").asText().equals("1.2.0")
                && !plugin("org.example.hand").hasNonNull("reverted"));
    banger.succeed("plugin", "remove", "hand");
  }

  @Test
  void why_tells_what_a_plugin_waits_for() throws IOException {
    Path waiting =
        SamplePlugin.of("org.example.waits", "1.0.0")
            .waitingFor("org.nowhere.Oracle")
            .in(directory);
    drop(waiting, "waits.jar");
    Installation.await("the plugin", LIMIT, () -> names().contains("org.example.waits"));
    Installation.await(
        "its component", LIMIT, () -> !banger.succeed("plugin", "why", "waits").startsWith("it"));
    assertThat(banger.succeed("plugin", "why", "waits"))
        .isEqualTo(
            "component SampleCheck waits for the service org.nowhere.Oracle, which no bundle here"
                + " offers\n");
    assertThat(banger.banger("doctor").stdout()).contains("org.nowhere.Oracle");
    assertThat(banger.succeed("plugin", "why", "store")).isEqualTo("satisfied\n");
    banger.succeed("plugin", "remove", "waits");
  }

  @Test
  void parts_of_banger_are_replaced_while_it_runs_and_bad_ones_returned_to() throws IOException {
    Path file = system.resolve("6/port-forward.jar");
    long daemon = banger.daemon().orElseThrow().pid();
    byte[] first = Files.readAllBytes(file);
    Path deaf = BundleFile.without("Service-Component", file, directory.resolve("deaf.jar"));
    Outcome reverted = update("port-forward", deaf);
    assertThat(reverted.status()).as("%s", reverted).isEqualTo(1);
    assertThat(reverted.stderr())
        .contains("it does not publish the service dev.banger.capability.")
        .contains("is at work again");
    assertThat(file).hasBinaryContent(first);
    assertThat(banger.succeed("plugin", "why", "port-forward")).isEqualTo("satisfied\n");

    Path next = BundleFile.withVersion(file, "0.1.1", directory.resolve("next.jar"));
    assertThat(update("port-forward", next).status()).isZero();
    assertThat(Files.mismatch(next, file)).isEqualTo(-1);

    for (String carrier : List.of("runtime", "shell")) {
      assertThat(banger.banger("plugin", "update", carrier).stderr())
          .contains("banger plugin wait dev.banger." + carrier);
      assertThat(banger.succeed("plugin", "wait", carrier)).contains("dev.banger." + carrier);
    }
    assertThat(banger.banger("plugin", "update", "core-model").stderr())
        .contains("cannot be replaced while the daemon runs");
    assertThat(banger.daemon().orElseThrow().pid()).isEqualTo(daemon);
  }

  private static Outcome update(String name, Path jar) {
    return banger.banger("plugin", "update", name, jar.toString());
  }

  private static String refusal(SamplePlugin plugin) throws IOException {
    Outcome refused = banger.banger("plugin", "install", plugin.in(directory).toString(), "--yes");
    assertThat(refused.status()).as("%s", refused).isEqualTo(1);
    return refused.stderr();
  }

  /** Written beside and moved, so that no half of it is ever seen. */
  private static void drop(Path jar, String name) throws IOException {
    Path fresh = Files.copy(jar, bundles.resolve(name + ".new"));
    Files.move(fresh, bundles.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private static List<Path> jars(String name) {
    try (Stream<Path> files = Files.list(bundles)) {
      return files.filter(each -> each.getFileName().toString().startsWith(name)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> names() {
    return StreamSupport.stream(banger.json("plugin", "list").spliterator(), false)
        .map(each -> each.get("name").asText())
        .toList();
  }

  private static JsonNode plugin(String name) {
    return StreamSupport.stream(banger.json("plugin", "list").spliterator(), false)
        .filter(each -> each.get("name").asText().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
