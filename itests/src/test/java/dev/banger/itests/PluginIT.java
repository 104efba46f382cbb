// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.example.sample.LockedCapability;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A plugin that is dropped into {@code bundles/}, replaced and removed while a machine runs. */
@Timeout(600)
class PluginIT {
  private static final Path EXAMPLES = Path.of(System.getProperty("banger.examples"));
  private static final String VERSION = System.getProperty("banger.version");
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir static Path directory;
  private static Path bundles;
  private static Installation banger;

  @BeforeAll
  static void install() throws IOException {
    assumeTrue(Files.isExecutable(BusyboxImage.BUSYBOX), "busybox-static is not installed");
    Path distribution = directory.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, distribution);
    bundles = distribution.resolve("bundles");
    banger = new Installation(Installation.temporaryHome(), distribution);
    banger.succeed("image", "import", BusyboxImage.archive(directory).toString(), "--name", "tiny");
  }

  @AfterAll
  static void uninstall() {
    if (banger != null) {
      banger.close();
    }
  }

  @Test
  void takes_effect_on_a_running_machine_outlives_daemons_and_leaves_no_trace() throws IOException {
    banger.succeed("vm", "create", "--image", "tiny", "--memory", "128M", "--name", "web");
    String boot = bootId();
    assertThat(banger.banger("greeted").status()).isEqualTo(2);

    drop("greeting");
    awaitEvents("capability_applied", 1);
    assertThat(motd()).isEqualTo("Welcome to web.\n");
    assertThat(banger.succeed("greeted")).isEqualTo("web\n");
    assertThat(banger.succeed("vm", "show", "web")).containsPattern("capabilities: +.*greeting");
    assertThat(banger.banger("doctor").stdout()).contains("1 machines greet");
    assertThat(banger.succeed("vm", "explain", "web")).contains("org.example.greeting");

    // The daemon that follows tells it of the machine again, and takes nothing away before.
    banger.succeed("vm", "exec", "web", "--", "rm", "/etc/motd");
    banger.killDaemon();
    // The first thing that the next daemon is asked, before the plugin has started.
    assertThat(banger.banger("greeted").status()).isZero();
    Installation.await("the greeting", LIMIT, PluginIT::greets);
    banger.succeed("daemon", "stop");
    assertThat(motd()).isEqualTo("Welcome to web.\n");
    assertThat(events("capability_applied")).hasSize(1);
    assertThat(events("capability_removed")).isEmpty();

    Files.delete(bundles.resolve("greeting.jar"));
    awaitEvents("capability_removed", 1);
    assertThat(greets()).isFalse();
    assertThat(banger.succeed("vm", "show", "web")).doesNotContain("greeting");
    assertThat(banger.banger("greeted").status()).isEqualTo(2);
    assertThat(bootId()).isEqualTo(boot);
    banger.succeed("vm", "delete", "web");
    banger.assertNoMachineLeft();
  }

  @Test
  void a_generated_project_builds_a_capability_that_works_in_a_running_guest_at_once(
      @TempDir Path work) throws Exception {
    Path jar = new GeneratedProject(work).build();
    banger.succeed("vm", "create", "--image", "tiny", "--memory", "128M", "--name", "greeted");

    put(jar, "hello.jar");
    String[] read = {"vm", "exec", "greeted", "--", "cat", "/run/hello"};
    Installation.await("the file", LIMIT, () -> banger.banger(read).status() == 0);

    assertThat(banger.succeed(read)).isEqualTo("Hello, greeted.\n");
    assertThat(banger.succeed("vm", "explain", "greeted")).contains("org.example.hello");
    Files.delete(bundles.resolve("hello.jar"));
    Installation.await("its end", LIMIT, () -> banger.banger(read).status() != 0);
    banger.succeed("vm", "delete", "greeted");
  }

  @Test
  void images_come_from_a_source_that_is_dropped_in_and_go_on_without_it() throws IOException {
    String reference = "dir:" + directory.resolve("tree");
    assertThat(banger.banger("image", "pull", reference).status()).isNotZero();

    drop("image-source");
    Installation.await(
        "the image",
        LIMIT,
        () -> banger.banger("image", "pull", reference, "--name", "mine").status() == 0);
    assertThat(banger.json("image", "show", "mine").get("source").asText()).isEqualTo(reference);

    Files.delete(bundles.resolve("image-source.jar"));
    assertThat(
            banger.succeed(
                "vm",
                "run",
                "--rm",
                "--image",
                "mine",
                "--memory",
                "128M",
                "--",
                "cat",
                "/proc/1/comm"))
        .isNotBlank();
    banger.succeed("image", "delete", "mine");
  }

  @Test
  void a_listener_that_is_dropped_in_and_configured_hears_what_happens() throws IOException {
    Path heard = directory.resolve("heard");
    Path command = directory.resolve("on-event");
    Files.writeString(command, "#!/bin/sh\necho \"$*\" >>" + heard + "\n");
    assertThat(command.toFile().setExecutable(true)).isTrue();
    banger.succeed(
        "vm", "create", "--image", "tiny", "--memory", "128M", "--no-start", "--name", "told");
    String id = banger.json("vm", "show", "told").get("id").asText();

    drop("event-listener");
    banger.configure("org.example.eventlistener", "command=" + command, "kinds=renamed");
    Installation.await(
        "the command",
        LIMIT,
        () -> {
          banger.succeed("vm", "rename", "told", "other");
          banger.succeed("vm", "rename", "other", "told");
          return Files.exists(heard);
        });
    Installation.await(
        "both names",
        LIMIT,
        () -> lines(heard).containsAll(List.of("renamed other " + id, "renamed told " + id)));
    assertThat(lines(heard)).allMatch(line -> line.startsWith("renamed "));

    Files.delete(bundles.resolve("event-listener.jar"));
    banger.succeed("vm", "delete", "told");
  }

  @Test
  void machines_run_with_a_hypervisor_that_is_dropped_in_and_outlive_it() throws IOException {
    Outcome absent = banger.banger("config", "set", "vm.hypervisor", "pc");
    assertThat(absent.status()).as("%s", absent).isZero();
    assertThat(banger.banger(create("early")).stderr()).contains("the hypervisor pc is not there");

    drop("hypervisor-pc");
    Installation.await(
        "its service",
        LIMIT,
        () -> banger.banger("plugin", "info", "hypervisor-pc").stdout().contains("Hypervisor"));
    banger.succeed(create("pc"));
    assertThat(banger.json("vm", "show", "pc").get("hypervisor").asText()).isEqualTo("pc");
    String chipset = "/sys/bus/pci/devices/0000:00:00.0/vendor";
    assertThat(banger.succeed("vm", "exec", "pc", "--", "cat", chipset)).isEqualTo("0x8086\n");
    banger.succeed("config", "unset", "vm.hypervisor");
    banger.succeed(create("micro"));
    assertThat(banger.json("vm", "show", "micro").get("hypervisor").asText()).isEqualTo("qemu");
    assertThat(banger.banger("vm", "exec", "micro", "--", "cat", chipset).status()).isNotZero();

    // It runs on without its driver, and another instance of that serves it.
    String[] boot = {"vm", "exec", "pc", "--", "cat", "/proc/sys/kernel/random/boot_id"};
    String bootId = banger.succeed(boot);
    banger.killDaemon();
    Installation.await("its adoption", LIMIT, () -> banger.banger(boot).status() == 0);
    assertThat(banger.succeed(boot)).isEqualTo(bootId);
    Files.delete(bundles.resolve("hypervisor-pc.jar"));
    Installation.await(
        "the driver's end",
        LIMIT,
        () -> !banger.succeed("plugin", "list").contains("hypervisor-pc"));
    assertThat(banger.machines()).hasSize(2);
    drop("hypervisor-pc");
    Installation.await("its return", LIMIT, () -> banger.banger(boot).status() == 0);
    assertThat(banger.succeed(boot)).isEqualTo(bootId);
    banger.succeed("vm", "stop", "pc");
    banger.succeed("vm", "start", "pc");
    assertThat(banger.succeed(boot)).isNotEqualTo(bootId);

    banger.succeed("vm", "delete", "pc", "micro");
    banger.assertNoMachineLeft();
    Files.delete(bundles.resolve("hypervisor-pc.jar"));
  }

  @Test
  void a_clean_up_that_fails_stays_owed_and_is_paid_when_the_plugin_returns() throws IOException {
    Path jar =
        SamplePlugin.of("org.example.locked", "1.0.0")
            .with(
                LockedCapability.class,
                "dev.banger.capability",
                "dev.banger.error",
                "dev.banger.vm")
            .in(directory);
    Path made = banger.home().resolve("for-owing");
    Path lock = Files.createFile(banger.home().resolve("locked"));
    banger.succeed(create("owing"));
    String[] install = {"plugin", "install", jar.toString(), "--yes"};
    banger.succeed(install);
    Installation.await("what the capability makes", LIMIT, () -> Files.exists(made));

    Outcome removed = banger.banger("plugin", "remove", "locked");
    assertThat(removed.status()).as("%s", removed).isZero();
    assertThat(removed.stderr()).contains("its clean-up is owed for owing");
    assertThat(banger.banger("doctor").stdout())
        .contains(
            "clean-ups are owed to machines by capabilities that are not there: owing: locked");
    banger.succeed("vm", "stop", "owing");
    assertThat(banger.succeed("vm", "show", "owing"))
        .contains("locked (not installed; owes its clean-up)");
    assertThat(made).exists();

    Files.delete(lock);
    banger.succeed(install);
    Installation.await("the clean-up", LIMIT, () -> Files.notExists(made));
    Installation.await(
        "a record that owes nothing",
        LIMIT,
        () -> !banger.succeed("vm", "show", "owing").contains("locked"));
    assertThat(banger.banger("doctor").stdout()).doesNotContain("clean-ups are owed");

    // The twin: one that succeeds is owed by nobody.
    banger.succeed("vm", "start", "owing");
    assertThat(made).exists();
    Outcome clean = banger.banger("plugin", "remove", "locked");
    assertThat(clean.stderr()).doesNotContain("owed");
    assertThat(made).doesNotExist();
    banger.succeed("vm", "delete", "owing");
  }

  private static String[] create(String name) {
    return new String[] {"vm", "create", "--image", "tiny", "--memory", "128M", "--name", name};
  }

  @Test
  void a_jar_of_which_half_was_seen_works_when_it_is_whole(@TempDir Path work) throws IOException {
    byte[] slow = Files.readAllBytes(SamplePlugin.of("org.example.slow", "1.0.0").in(work));
    Path place = bundles.resolve("slow.jar");
    Files.write(place, Arrays.copyOf(slow, slow.length / 2));
    // It lies there later, so that the half was seen when it works.
    put(SamplePlugin.of("org.example.whole", "1.0.0").in(work), "whole.jar");
    Installation.await("the other", LIMIT, () -> isAtWork("org.example.whole"));
    assertThat(isAtWork("org.example.slow")).isFalse();

    Files.write(
        place, Arrays.copyOfRange(slow, slow.length / 2, slow.length), StandardOpenOption.APPEND);

    Installation.await("the whole", LIMIT, () -> isAtWork("org.example.slow"));
    Files.delete(place);
    Files.delete(bundles.resolve("whole.jar"));
    Installation.await("their end", LIMIT, () -> !isAtWork("org.example.slow"));
  }

  private static boolean isAtWork(String plugin) {
    return banger.banger("plugin", "why", plugin).stdout().equals("satisfied\n");
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void drop(String example) throws IOException {
    put(
        EXAMPLES.resolve(example).resolve("target").resolve(example + "-" + VERSION + ".jar"),
        example + ".jar");
  }

  /** Written beside and moved, so that no half of it is ever seen. */
  private static void put(Path jar, String name) throws IOException {
    Path fresh = Files.copy(jar, bundles.resolve(name + ".new"));
    Files.move(fresh, bundles.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private static boolean greets() {
    return banger.banger("vm", "exec", "web", "--", "cat", "/etc/motd").status() == 0;
  }

  private static String motd() {
    return banger.succeed("vm", "exec", "web", "--", "cat", "/etc/motd");
  }

  private static String bootId() {
    return banger.succeed("vm", "exec", "web", "--", "cat", "/proc/sys/kernel/random/boot_id");
  }

  private static List<String> events(String kind) {
    return banger
        .succeed("events", "--json")
        .lines()
        .filter(event -> event.contains('"' + kind + '"') && event.contains("\"greeting\""))
        .toList();
  }

  private static void awaitEvents(String kind, int count) {
    Installation.await(count + " times " + kind, LIMIT, () -> events(kind).size() >= count);
  }
}
