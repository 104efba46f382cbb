// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.PortForward;
import dev.banger.image.Image;
import dev.banger.image.ImageConfig;
import dev.banger.vm.Lifetime;
import dev.banger.vm.NetworkMode;
import dev.banger.vm.Vm;
import dev.banger.vm.VmFiles;
import dev.banger.vm.VmNetwork;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Records for the tests. */
final class Records {
  static final Instant SOME_TIME = Instant.parse("2026-01-31T12:00:00.123456789Z");
  static final Image IMAGE = image("0123456789ab", "debian-bookworm");

  private Records() {}

  static Image image(String id, String name) {
    return new Image(
        id,
        name,
        "debian",
        "bookworm",
        "amd64",
        "debian-cloud",
        Path.of("/state/images/" + id + "/rootfs.ext4"),
        1L << 31,
        1L << 29,
        "catalog",
        "sha256:" + "0".repeat(64),
        new ImageConfig(
            Map.of("LANG", "C.UTF-8"), "daemon", "/srv", List.of("/bin/env"), List.of("-0")),
        false,
        SOME_TIME);
  }

  static Vm vm(int number, String name) {
    return new Vm(
        String.format("%012x", number),
        name,
        VmState.CREATED,
        new VmSpec(2, 2048, 8L << 30, 1L << 30, NetworkMode.USER),
        IMAGE.id(),
        IMAGE.name(),
        IMAGE.kernel(),
        "qemu",
        new VmNetwork(
            "52:54:00:00:00:01",
            "10.0.2.15/24",
            "10.0.2.2",
            List.of("10.0.2.3"),
            "127.0.0.1",
            20_000 + number),
        new VmFiles(
            Path.of("/state/vms/" + number),
            Path.of("/state/vms/" + number + "/root.qcow2"),
            Path.of("/state/vms/" + number + "/configuration.tar"),
            Path.of("/state/vms/" + number + "/console.log"),
            Path.of("/state/vms/" + number + "/handles.json"),
            Path.of("/state/vms/" + number + "/work.raw")),
        null,
        List.of("work-disk", "nat"),
        null,
        SOME_TIME.plusSeconds(number),
        null,
        Map.of("team", "red"),
        new Lifetime(SOME_TIME.plusSeconds(60), Duration.ofMinutes(30)),
        SOME_TIME,
        List.of(
            new PortForward("127.0.0.1", 30_000 + number, 80),
            new PortForward("0.0.0.0", 40_000 + number, 443)));
  }

  static MachineHandle handle() {
    return new MachineHandle(
        "qemu", 4711, 123_456, "boot", "tcg", Path.of("/run/a.sock"), Path.of("/run/b.sock"));
  }
}
