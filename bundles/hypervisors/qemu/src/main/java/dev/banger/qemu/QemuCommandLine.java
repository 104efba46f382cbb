// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.PortForward;
import dev.banger.vm.VmNetwork;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The command line of one machine. Paths are passed inside JSON wherever QEMU takes it, since its
 * older syntax gives commas and colons a meaning.
 */
final class QemuCommandLine {
  /** The port's name in the guest (docs/guest-agent.md). */
  private static final String AGENT_PORT = "dev.banger.agent";

  /** The name of the network back end that port forwards belong to. */
  static final String NETWORK = "n0";

  private static final String BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";

  /** QEMU 7.2 forwards no IPv6, and has no way to quote an address. */
  private static final Pattern IPV4_ADDRESS = Pattern.compile("(" + BYTE + "\\.){3}" + BYTE);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path program;
  private final String accelerator;
  private final GuestClock clock;

  QemuCommandLine(Path program, String accelerator, GuestClock clock) {
    this.program = program;
    this.accelerator = accelerator;
    this.clock = clock;
  }

  /** The words that start a machine in the background. */
  List<String> start(MachineConfig config, RunFiles files) {
    List<String> words = new ArrayList<>(machine(config));
    words.addAll(List.of("-name", "guest=banger-" + escaped(config.name()) + ",debug-threads=on"));
    words.addAll(List.of("-append", kernelArguments(config.kernelArguments(), config.vcpus())));
    words.addAll(control(files));
    words.addAll(console(config));
    config.disks().forEach(disk -> words.addAll(disk(disk)));
    if (config.network() != null) {
      words.addAll(network(config.network(), config.portForwards()));
    }
    words.addAll(agent(files));
    words.addAll(
        List.of("-object", "rng-builtin,id=rng0", "-device", "virtio-rng-device,rng=rng0"));
    words.addAll(confinement());
    words.addAll(List.of("-daemonize", "-pidfile", files.pidFile().toString()));
    return words;
  }

  /** The words that boot kernel and initramfs in the foreground, to see whether the guest lives. */
  List<String> probe(MachineConfig config) {
    List<String> words = new ArrayList<>(machine(config));
    words.addAll(List.of("-append", "console=ttyS0 quiet panic=1 reboot=t banger.probe=1"));
    words.addAll(List.of("-serial", "stdio"));
    return words;
  }

  private List<String> machine(MachineConfig config) {
    return List.of(
        program.toString(),
        "-nodefaults",
        "-no-user-config",
        "-no-reboot",
        "-display",
        "none",
        "-M",
        // Without ACPI, QEMU names the devices on the kernel's command line.
        "microvm,acpi=%s,rtc=on,pit=on,pic=on".formatted(config.boot().acpi() ? "on" : "off"),
        "-accel",
        accelerator.equals("kvm") ? "kvm" : "tcg,thread=multi,tb-size=256",
        "-cpu",
        // TCG's smaller models lack RDRAND, and the guest would wait a second for entropy.
        accelerator.equals("kvm") ? "host" : "max",
        "-smp",
        Integer.toString(config.vcpus()),
        "-m",
        config.memoryMib() + "M",
        "-kernel",
        config.boot().kernel().toString(),
        "-initrd",
        config.boot().initramfs().toString());
  }

  private String kernelArguments(List<String> further, int vcpus) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "console=ttyS0",
                "quiet",
                "loglevel=3",
                "panic=1",
                "reboot=t",
                "net.ifnames=0",
                // An eighth of the time that an emulated kernel takes to boot.
                "cryptomgr.notests"));
    if (!accelerator.equals("kvm")) {
      words.addAll(clock.kernelArguments());
    }
    words.addAll(further);
    return String.join(" ", words);
  }

  private static List<String> control(RunFiles files) {
    return List.of(
        "-chardev",
        "socket,id=control,path="
            + escaped(files.controlSocket().toString())
            + ",server=on,wait=off",
        "-mon",
        "chardev=control,mode=control");
  }

  private static List<String> console(MachineConfig config) {
    // Appending lets the daemon cut the file in place while QEMU writes.
    return List.of(
        "-chardev",
        "file,id=console,path=" + escaped(config.consoleLog().toString()) + ",append=on",
        "-serial",
        "chardev:console");
  }

  private static List<String> disk(Disk disk) {
    ObjectNode file =
        JSON.createObjectNode()
            .put("driver", "file")
            .put("filename", disk.path().toString())
            .put("aio", "threads")
            .put("discard", "unmap");
    ObjectNode node =
        JSON.createObjectNode()
            .put("driver", disk.format().label())
            .put("node-name", node(disk))
            .put("read-only", disk.readOnly())
            .put("discard", "unmap");
    if (!disk.readOnly()) {
      // What a guest deletes or zeroes is given back to the host.
      node.put("detect-zeroes", "unmap");
    }
    node.set("file", file);
    ObjectNode device =
        JSON.createObjectNode()
            .put("driver", "virtio-blk-device")
            .put("drive", node(disk))
            .put("serial", disk.serial());
    return List.of("-blockdev", node.toString(), "-device", device.toString());
  }

  /** The name of the block node that is a disk. */
  static String node(Disk disk) {
    return "disk-" + disk.serial();
  }

  private static List<String> network(VmNetwork network, List<PortForward> forwards) {
    StringBuilder backEnd = new StringBuilder("user,id=" + NETWORK);
    forwards.forEach(forward -> backEnd.append(",hostfwd=").append(rule(forward)));
    return List.of(
        "-netdev",
        backEnd.toString(),
        "-device",
        "virtio-net-device,netdev=" + NETWORK + ",mac=" + network.macAddress());
  }

  /**
   * A forward as QEMU writes it.
   *
   * @throws BangerException BAD_REQUEST
   */
  static String rule(PortForward forward) {
    return listener(forward) + "-:" + port(forward.guestPort());
  }

  /**
   * The host's side of a forward as QEMU writes it.
   *
   * @throws BangerException BAD_REQUEST
   */
  static String listener(PortForward forward) {
    if (!IPV4_ADDRESS.matcher(forward.hostAddress()).matches()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "'%s' is no IPv4 address to listen on: name one such as 127.0.0.1"
              .formatted(forward.hostAddress()));
    }
    return "tcp:" + forward.hostAddress() + ":" + port(forward.hostPort());
  }

  private static int port(int port) {
    if (port < 1 || port > 65535) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, port + " is no port: name one of 1 to 65535");
    }
    return port;
  }

  private static List<String> agent(RunFiles files) {
    return List.of(
        "-device",
        "virtio-serial-device",
        "-chardev",
        "socket,id=agent,path=" + escaped(files.agentSocket().toString()) + ",server=on,wait=off",
        "-device",
        "virtserialport,chardev=agent,name=" + AGENT_PORT);
  }

  private static List<String> confinement() {
    // With spawn=deny or elevateprivileges=deny QEMU 7.2 cannot go into the background.
    return List.of("-sandbox", "on,obsolete=deny,resourcecontrol=deny");
  }

  /** A comma in a value is written twice. */
  private static String escaped(String value) {
    return value.replace(",", ",,");
  }
}
