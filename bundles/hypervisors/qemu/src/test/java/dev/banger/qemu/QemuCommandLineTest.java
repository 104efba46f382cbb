// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.PortForward;
import dev.banger.kernel.BootFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QemuCommandLineTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");
  private static final Path PLAIN = Path.of("/var/lib/box");
  private static final String QUIET =
      "console=ttyS0 quiet loglevel=3 panic=1 reboot=t net.ifnames=0 cryptomgr.notests";

  @TempDir Path home;

  @Test
  void under_kvm_the_guest_has_the_hosts_processor_and_keeps_its_own_clock() {
    List<String> words = start("kvm", machine(PLAIN));

    assertThat(value(words, "-accel")).isEqualTo("kvm");
    assertThat(value(words, "-cpu")).isEqualTo("host");
    assertThat(value(words, "-append")).isEqualTo(QUIET + " banger.one=1 banger.two=2");
  }

  @Test
  void a_kernel_finds_its_devices_through_acpi_unless_it_is_told_them() {
    MachineConfig config = machine(PLAIN);
    assertThat(value(start("kvm", config), "-M")).startsWith("microvm,acpi=on,");

    MachineConfig told =
        Machines.booting(config, new BootFiles(PLAIN.resolve("k"), PLAIN.resolve("i"), false));

    assertThat(value(start("kvm", told), "-M")).startsWith("microvm,acpi=off,");
  }

  @Test
  void under_tcg_the_guest_has_every_feature_and_is_told_the_clocks_rate() throws IOException {
    Path rate = Files.writeString(home.resolve("rate"), "2100000");
    QemuCommandLine line =
        new QemuCommandLine(QEMU, "tcg", new GuestClock(home.resolve("none"), rate));
    List<String> words = line.start(machine(PLAIN), RunFiles.in(PLAIN));

    assertThat(value(words, "-accel")).startsWith("tcg,");
    assertThat(value(words, "-cpu")).isEqualTo("max");
    assertThat(value(words, "-append"))
        .isEqualTo(QUIET + " tsc=reliable tsc_early_khz=2100000 banger.one=1 banger.two=2");
  }

  @Test
  void the_program_comes_first_and_no_shell_does() {
    List<String> words = start("kvm", machine(PLAIN));

    assertThat(words.get(0)).isEqualTo(QEMU.toString());
    assertThat(words).doesNotContain("sh", "-c", "bash");
  }

  @Test
  void size_and_boot_files_are_the_machines() {
    List<String> words = start("kvm", machine(PLAIN));

    assertThat(value(words, "-smp")).isEqualTo("2");
    assertThat(value(words, "-m")).isEqualTo("512M");
    assertThat(value(words, "-kernel")).isEqualTo("/var/lib/box/kernel");
    assertThat(value(words, "-initrd")).isEqualTo("/var/lib/box/initramfs");
    assertThat(value(words, "-pidfile")).isEqualTo("/var/lib/box/qemu.pid");
  }

  @Property
  void a_path_reaches_qemu_as_it_is_whatever_its_characters(@ForAll("names") String name)
      throws IOException {
    Path directory = Path.of("/srv", name);
    MachineConfig config =
        Machines.described(
            directory,
            List.of(new Disk("root", directory.resolve("a"), Disk.Format.QCOW2, false)),
            null,
            List.of());
    List<String> words = start("kvm", config);

    assertThat(options(chardev(words, "control")))
        .contains("path=" + directory.resolve("qmp.sock"), "server=on", "wait=off");
    assertThat(options(chardev(words, "agent")))
        .contains("path=" + directory.resolve("agent.sock"));
    assertThat(options(chardev(words, "console")))
        .contains("path=" + directory.resolve("console.log"), "append=on");
    assertThat(JSON.readTree(value(words, "-blockdev")).at("/file/filename").asText())
        .isEqualTo(directory.resolve("a").toString());
    assertThat(value(words, "-kernel")).isEqualTo(directory.resolve("kernel").toString());
    assertThat(value(words, "-pidfile")).isEqualTo(directory.resolve("qemu.pid").toString());
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.strings()
        .withChars(',', ' ', '"', '\'', '\\', '=', ':', '%', '$', ';', '{', 'a', '\u00e4')
        .ofMinLength(1)
        .ofMaxLength(12);
  }

  @Test
  void a_name_cannot_add_options() {
    MachineConfig plain = machine(PLAIN);
    MachineConfig odd =
        new MachineConfig(
            plain.vmId(),
            "box,process=init",
            1,
            64,
            plain.boot(),
            List.of(),
            List.of(),
            null,
            List.of(),
            PLAIN,
            plain.consoleLog(),
            4096);

    assertThat(options(value(start("kvm", odd), "-name")))
        .containsExactly("guest=banger-box,process=init", "debug-threads=on");
    assertThat(options(value(start("kvm", plain), "-name")))
        .containsExactly("guest=banger-box", "debug-threads=on");
  }

  @Test
  void disks_keep_their_order_their_format_and_what_the_guest_may_do() throws IOException {
    MachineConfig config =
        Machines.described(
            PLAIN,
            List.of(
                new Disk("root", Path.of("/a/root"), Disk.Format.QCOW2, false),
                new Disk("config", Path.of("/a/config"), Disk.Format.RAW, true)),
            null,
            List.of());
    List<String> words = start("kvm", config);

    List<JsonNode> nodes = json(words, "-blockdev");
    assertThat(nodes).hasSize(2);
    assertThat(nodes.get(0).path("driver").asText()).isEqualTo("qcow2");
    assertThat(nodes.get(0).path("read-only").asBoolean()).isFalse();
    assertThat(nodes.get(0).path("detect-zeroes").asText()).isEqualTo("unmap");
    assertThat(nodes.get(1).path("driver").asText()).isEqualTo("raw");
    assertThat(nodes.get(1).path("read-only").asBoolean()).isTrue();
    assertThat(nodes.get(1).has("detect-zeroes")).isFalse();
    assertThat(json(words, "-device"))
        .extracting(
            device -> device.path("drive").asText(), device -> device.path("serial").asText())
        .containsExactly(tuple("disk-root", "root"), tuple("disk-config", "config"));
  }

  @Test
  void every_port_is_forwarded_on_the_one_network() {
    MachineConfig config =
        Machines.described(
            PLAIN,
            List.of(),
            Machines.NETWORK,
            List.of(new PortForward("127.0.0.1", 2201, 22), new PortForward("0.0.0.0", 8080, 80)));
    List<String> words = start("kvm", config);

    assertThat(options(value(words, "-netdev")))
        .containsExactly(
            "user", "id=n0", "hostfwd=tcp:127.0.0.1:2201-:22", "hostfwd=tcp:0.0.0.0:8080-:80");
    assertThat(words).contains("virtio-net-device,netdev=n0,mac=52:54:00:00:00:01");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "127.0.0.1,restrict=on",
        "127.0.0.1:1-:1",
        "127.0.0.1\nquit",
        "::1",
        "127.0.0",
        "127.0.0.256",
        "1270.0.1",
        "127.0.0.1 "
      })
  void an_address_that_is_none_is_refused(String address) {
    PortForward forward = new PortForward(address, 2201, 22);

    assertThatThrownBy(() -> QemuCommandLine.rule(forward))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 65536})
  void a_port_that_is_none_is_refused(int port) {
    assertThatThrownBy(() -> QemuCommandLine.rule(new PortForward("127.0.0.1", port, 22)))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST));
    assertThatThrownBy(() -> QemuCommandLine.rule(new PortForward("127.0.0.1", 22, port)))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST));
    assertThat(QemuCommandLine.rule(new PortForward("127.0.0.1", 65535, 1)))
        .isEqualTo("tcp:127.0.0.1:65535-:1");
  }

  @Test
  void a_machine_without_a_network_has_none() {
    MachineConfig config = Machines.described(PLAIN, List.of(), null, List.of());

    assertThat(start("kvm", config)).doesNotContain("-netdev").contains("-nodefaults");
    assertThat(start("kvm", machine(PLAIN))).contains("-netdev");
  }

  @Test
  void qemu_is_confined() {
    assertThat(options(value(start("kvm", machine(PLAIN)), "-sandbox")))
        .contains("on", "obsolete=deny", "resourcecontrol=deny");
  }

  @Test
  void a_probe_runs_in_the_foreground_without_disks_network_or_sockets() {
    List<String> words = new QemuCommandLine(QEMU, "kvm", noClock()).probe(machine(PLAIN));

    assertThat(value(words, "-serial")).isEqualTo("stdio");
    assertThat(words).doesNotContain("-daemonize", "-pidfile", "-blockdev", "-netdev", "-chardev");
    assertThat(value(words, "-append")).contains("banger.probe=1");
  }

  private static MachineConfig machine(Path directory) {
    return Machines.described(
        directory,
        List.of(new Disk("root", directory.resolve("root"), Disk.Format.QCOW2, false)),
        Machines.NETWORK,
        List.of(new PortForward("127.0.0.1", 2201, 22)));
  }

  private static List<String> start(String accelerator, MachineConfig config) {
    return new QemuCommandLine(QEMU, accelerator, noClock())
        .start(config, RunFiles.in(config.runtimeDirectory()));
  }

  private static GuestClock noClock() {
    return new GuestClock(Path.of("/nowhere"), Path.of("/nowhere"));
  }

  private static String value(List<String> words, String option) {
    assertThat(words).containsOnlyOnce(option);
    return words.get(words.indexOf(option) + 1);
  }

  private static List<String> values(List<String> words, String option) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < words.size() - 1; i++) {
      if (words.get(i).equals(option)) {
        values.add(words.get(i + 1));
      }
    }
    return values;
  }

  private static String chardev(List<String> words, String id) {
    return values(words, "-chardev").stream()
        .filter(value -> options(value).contains("id=" + id))
        .findFirst()
        .orElseThrow();
  }

  private static List<JsonNode> json(List<String> words, String option) throws IOException {
    List<JsonNode> nodes = new ArrayList<>();
    for (String value : values(words, option)) {
      if (value.startsWith("{")) {
        nodes.add(JSON.readTree(value));
      }
    }
    return nodes;
  }

  /** Takes a value apart as QEMU does: options end at a comma, and two commas are one. */
  private static List<String> options(String value) {
    List<String> options = new ArrayList<>();
    StringBuilder option = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      boolean comma = value.charAt(i) == ',';
      if (comma && i + 1 < value.length() && value.charAt(i + 1) == ',') {
        option.append(value.charAt(i++));
      } else if (comma) {
        options.add(option.toString());
        option.setLength(0);
      } else {
        option.append(value.charAt(i));
      }
    }
    options.add(option.toString());
    return options;
  }
}
