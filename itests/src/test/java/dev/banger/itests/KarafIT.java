// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.banger.itests.machinekeeper.MachineKeeper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * banger in a minimal Karaf, installed as a feature without a network. Its own services are used:
 * DS, ConfigAdmin, logging and shell.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KarafIT {
  /** What Karaf itself would fetch for its feature of DS. */
  private static final Path KARAF_REPOSITORY =
      Path.of(System.getProperty("banger.karaf-repository"));

  private final Installation banger = new Installation();
  private KarafHost karaf;
  private List<String> before;
  private String boot;

  @BeforeAll
  void install() throws IOException {
    karaf = new KarafHost(banger.home(), List.of(Repository.DIRECTORY, KARAF_REPOSITORY));
    karaf.shell("feature:repo-add file:${karaf.home}/system/features.xml");
    before = karaf.bundles();
    karaf.shell("feature:install banger");
  }

  @AfterAll
  void stop() {
    try (banger) {
      if (karaf != null) {
        karaf.close();
      }
    }
  }

  @Test
  @Order(1)
  void every_bundle_is_active() {
    List<String> bundles = karaf.bundles();
    assertThat(bundles).hasSizeGreaterThan(40);
    assertThat(bundles)
        .filteredOn(line -> line.contains("dev.banger."))
        .hasSizeGreaterThan(10)
        .allMatch(line -> line.contains("Active"));
    assertThat(bundles).as("Karaf's own").containsAll(before);
    assertThat(bundles)
        .filteredOn(line -> !line.contains("Active"))
        .as("what is not active: Karaf's extension of the framework")
        .singleElement()
        .asString()
        .contains("org.apache.karaf.features.extension");
    assertThat(karaf.log()).doesNotContain("| ERROR |");
  }

  @Test
  @Order(2)
  void the_client_finds_banger_by_its_socket(@TempDir Path directory) throws IOException {
    assertThat(banger.json("daemon", "status").get("pid").asLong())
        .isIn(banger.processes().stream().map(ProcessHandle::pid).toList());
    TinyImage.importInto(banger, directory);
    banger.succeed("vm", "create", "--no-start", "--image", TinyImage.NAME, "--name", "by-socket");
    assertThat(machines()).containsExactly("by-socket");
  }

  @Test
  @Order(3)
  void the_commands_are_in_karafs_shell() {
    karaf.shell("banger:vm create --no-start --image tiny --name by-shell");
    assertThat(machines()).containsExactly("by-socket", "by-shell");
    assertThat(karaf.shell("vm:list")).contains("by-socket").contains("by-shell");
    assertThat(karaf.tryShell("vm:delete nobody").stderr() + karaf.tryShell("vm:delete nobody"))
        .contains("nobody");
  }

  @Test
  @Order(4)
  void a_bundle_of_somebody_else_uses_the_service(@TempDir Path directory) throws IOException {
    Path keeper =
        BundleFile.of(
            MachineKeeper.class,
            Map.of(
                "Bundle-SymbolicName",
                "machine-keeper",
                "Bundle-Activator",
                MachineKeeper.class.getName(),
                "Import-Package",
                "dev.banger.operation;version=\"[0.1,1)\",dev.banger.vm;version=\"[0.1,1)\","
                    + "org.osgi.framework"),
            directory.resolve("keeper.jar"));
    karaf.shell("bundle:install -s " + keeper.toUri());
    assertThat(machines()).containsExactly("by-socket", "by-shell", "kept");
    karaf.shell("bundle:stop machine-keeper");
    assertThat(machines()).containsExactly("by-socket", "by-shell");
  }

  @Test
  @Order(5)
  void a_machine_boots_in_karaf_and_runs_what_its_shell_says(@TempDir Path directory)
      throws IOException {
    assumeTrue(Files.isExecutable(BusyboxImage.BUSYBOX), "busybox-static is not installed");
    karaf.shell("image:import " + BusyboxImage.archive(directory) + " --name busybox");
    karaf.shell("vm:create --image busybox --memory 128M --name booted");
    assertThat(karaf.shell("vm:list")).containsPattern("booted .*running");
    assertThat(karaf.shell("vm:exec booted -- cat /proc/version")).contains("Linux version");
    assertThat(karaf.tryShell("vm:exec booted -- cat /none").toString()).contains("/none");
    boot = boot();
    assertThat(banger.machines()).hasSize(1);
  }

  @Test
  @Order(6)
  void a_bundle_is_updated_under_the_others(@TempDir Path directory) throws IOException {
    Path newer =
        BundleFile.withVersion(
            Repository.bundle("vm-service"), "0.1.1", directory.resolve("vm-service-0.1.1.jar"));
    karaf.shell("bundle:update dev.banger.vm-service " + newer.toUri());
    assertThat(karaf.bundles())
        .filteredOn(line -> line.contains("dev.banger.vm-service"))
        .singleElement()
        .asString()
        .contains("Active")
        .contains("0.1.1");
    assertThat(machines()).contains("by-socket", "by-shell");
    if (boot != null) {
      assertThat(boot()).as("the machine that ran meanwhile").isEqualTo(boot);
      karaf.shell("vm:delete booted");
      assertThat(banger.machines()).isEmpty();
    }
    banger.succeed("vm", "delete", "by-socket");
    assertThat(karaf.shell("vm:list")).contains("by-shell").doesNotContain("by-socket");
  }

  @Test
  @Order(7)
  void health_checks_are_another_feature() {
    karaf.shell("feature:install banger-health");
    assertThat(karaf.bundles())
        .filteredOn(line -> line.contains("dev.banger.health"))
        .singleElement()
        .asString()
        .contains("Active");
    karaf.shell("feature:uninstall banger-health");
    assertThat(karaf.bundles()).noneMatch(line -> line.contains("dev.banger.health"));
    assertThat(machines()).containsExactly("by-shell");
  }

  @Test
  @Order(8)
  void a_client_cannot_stop_the_whole_host() {
    Outcome stop = banger.banger("daemon", "stop");
    assertThat(stop.status()).as("%s", stop).isEqualTo(1);
    assertThat(stop.stderr()).contains("part of process").contains("dev.banger.host-service");
    assertThat(machines()).containsExactly("by-shell");
    assertThat(karaf.isAlive()).isTrue();
  }

  @Test
  @Order(9)
  void the_feature_can_be_removed_and_the_host_lives_on() {
    Path socket = banger.home().resolve("run/bangerd.sock");
    assertThat(socket).exists();
    karaf.shell("feature:uninstall banger");
    Installation.await(
        "the end of the socket", Duration.ofSeconds(60), () -> !Files.exists(socket));
    assertThat(karaf.bundles()).noneMatch(line -> line.contains("dev.banger."));
  }

  private String boot() {
    return banger.succeed("vm", "exec", "booted", "--", "cat", "/proc/sys/kernel/random/boot_id");
  }

  private List<String> machines() {
    List<String> names = new ArrayList<>();
    for (JsonNode vm : banger.json("vm", "list")) {
      names.add(vm.get("name").asText());
    }
    return names;
  }
}
