// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.MachineConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The command line of a PC: chipset Q35, every device on its PCI bus. */
final class PcCommandLine {
  static final String NETWORK = "n0";

  /** By this name the guest's agent finds its port (docs/guest-agent.md). */
  private static final String AGENT_PORT = "dev.banger.agent";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> words = new ArrayList<>();

  /** The words that start a machine in the background. */
  static List<String> of(Path program, String accelerator, MachineConfig config, RunFiles files) {
    PcCommandLine line = new PcCommandLine();
    line.add(program.toString(), "-nodefaults", "-no-user-config", "-no-reboot");
    line.add("-display", "none", "-M", "q35", "-accel", accelerator);
    line.add("-cpu", accelerator.equals("kvm") ? "host" : "max");
    line.add("-smp", Integer.toString(config.vcpus()), "-m", config.memoryMib() + "M");
    line.add("-name", "guest=banger-" + escaped(config.name()));
    line.add("-kernel", config.boot().kernel().toString());
    line.add("-initrd", config.boot().initramfs().toString());
    line.add("-append", kernelArguments(config, accelerator));
    line.socket("control", files.controlSocket());
    line.add("-mon", "chardev=control,mode=control");
    // Appending lets the daemon cut the log in place.
    line.add(
        "-chardev", "file,id=console,append=on,path=" + escaped(config.consoleLog().toString()));
    line.add("-serial", "chardev:console");
    config.disks().forEach(line::disk);
    line.network(config);
    line.add("-device", "virtio-serial-pci");
    line.socket("agent", files.agentSocket());
    line.add("-device", "virtserialport,chardev=agent,name=" + AGENT_PORT);
    line.add("-object", "rng-builtin,id=rng0", "-device", "virtio-rng-pci,rng=rng0");
    line.add("-sandbox", "on,obsolete=deny,resourcecontrol=deny");
    line.add("-daemonize", "-pidfile", files.pidFile().toString());
    return line.words;
  }

  /** The name of the block node that is a disk. */
  static String node(Disk disk) {
    return "disk-" + disk.serial();
  }

  private static String kernelArguments(MachineConfig config, String accelerator) {
    List<String> arguments =
        new ArrayList<>(List.of("console=ttyS0", "quiet", "panic=1", "reboot=t", "net.ifnames=0"));
    if (accelerator.equals("tcg")) {
      arguments.add("no_timer_check"); // emulated timers are late on a busy host
    }
    arguments.addAll(config.kernelArguments());
    return String.join(" ", arguments);
  }

  private void disk(Disk disk) {
    Map<String, ?> file = Map.of("driver", "file", "filename", disk.path().toString());
    Map<String, ?> node =
        Map.of(
            "driver", disk.format().label(),
            "node-name", node(disk),
            "read-only", disk.readOnly(),
            "file", file);
    Map<String, ?> device =
        Map.of("driver", "virtio-blk-pci", "drive", node(disk), "serial", disk.serial());
    add("-blockdev", JSON.valueToTree(node).toString());
    add("-device", JSON.valueToTree(device).toString());
  }

  private void network(MachineConfig config) {
    if (config.network() == null) {
      return;
    }
    StringBuilder netdev = new StringBuilder("user,id=" + NETWORK);
    config
        .portForwards()
        .forEach(forward -> netdev.append(",hostfwd=").append(Forwards.rule(forward)));
    add("-netdev", netdev.toString());
    String mac = config.network().macAddress();
    add("-device", "virtio-net-pci,romfile=,netdev=" + NETWORK + ",mac=" + mac);
  }

  private void socket(String id, Path path) {
    String server = ",server=on,wait=off,path=" + escaped(path.toString());
    add("-chardev", "socket,id=" + id + server);
  }

  private void add(String... more) {
    words.addAll(List.of(more));
  }

  /** A comma in a value is written twice. */
  private static String escaped(String value) {
    return value.replace(",", ",,");
  }
}
