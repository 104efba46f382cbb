// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import dev.banger.wire.Frame;
import dev.banger.wire.FrameInput;
import dev.banger.wire.FrameOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The command that a person would type instead: the same kernel, initramfs and disk, and a wait
 * until the guest's agent answers.
 */
final class HandTypedQemu {
  private static final int HELLO = 0x01;
  private static final int PROTOCOL_VERSION = 1;

  /** What both machines have. */
  static final String MEMORY = "1024M";

  private static final int LIMIT = 256 * 1024;
  private static final Pattern MEGAHERTZ = Pattern.compile("cpu MHz\\s*:\\s*([0-9.]+)");

  private final Path directory;
  private final Path kernel;
  private final Path initramfs;
  private final Path rootfs;
  private final boolean kvm;

  private HandTypedQemu(Path directory, Path kernel, Path initramfs, Path rootfs, boolean kvm) {
    this.directory = directory;
    this.kernel = kernel;
    this.initramfs = initramfs;
    this.rootfs = rootfs;
    this.kvm = kvm;
  }

  /**
   * With the files that a home holds after its first machine, and the accelerator that was found to
   * work.
   */
  static HandTypedQemu asInstalledIn(Home home) throws IOException {
    Path verdict = home.directory().resolve("cache/hypervisors/qemu-probe.json");
    boolean kvm =
        Files.exists(verdict) && Files.readString(verdict).contains("\"accelerator\":\"kvm\"");
    return new HandTypedQemu(
        home.directory(),
        find(home.directory().resolve("state/kernels"), "vmlinux"),
        find(home.directory().resolve("cache/initramfs"), ".cpio"),
        find(home.directory().resolve("state/images"), "rootfs.ext4"),
        kvm);
  }

  double bootMillis() throws IOException, InterruptedException {
    Path overlay = directory.resolve("hand.qcow2");
    Path configuration = directory.resolve("hand.tar");
    Path socket = directory.resolve("hand.sock");
    Files.write(configuration, new byte[1024]);
    long begin = System.nanoTime();
    HostTool.require("qemu-img")
        .run(
            "create",
            "-q",
            "-f",
            "qcow2",
            "-F",
            "raw",
            "-b",
            rootfs.toString(),
            overlay.toString());
    Process qemu = start(overlay, configuration, socket);
    try {
      awaitAgent(socket, qemu);
      return (System.nanoTime() - begin) / 1e6;
    } finally {
      qemu.destroyForcibly().waitFor();
      for (Path file : List.of(overlay, configuration, socket)) {
        Files.deleteIfExists(file);
      }
    }
  }

  private Process start(Path overlay, Path configuration, Path socket) throws IOException {
    Map.Entry<String, String> accelerator =
        kvm ? Map.entry("kvm", "host") : Map.entry("tcg,thread=multi,tb-size=256", "max");
    String clock = kvm ? "" : " tsc=reliable tsc_early_khz=" + kilohertz();
    return new ProcessBuilder(
            "qemu-system-x86_64",
            "-nodefaults",
            "-no-user-config",
            "-no-reboot",
            "-display",
            "none",
            "-M",
            "microvm,acpi=on,rtc=on,pit=on,pic=on",
            "-accel",
            accelerator.getKey(),
            "-cpu",
            accelerator.getValue(),
            "-smp",
            "1",
            "-m",
            MEMORY,
            "-kernel",
            kernel.toString(),
            "-initrd",
            initramfs.toString(),
            "-append",
            "console=ttyS0 quiet loglevel=3 panic=1 reboot=t net.ifnames=0" + clock,
            "-drive",
            "if=none,id=root,format=qcow2,file=" + overlay,
            "-device",
            "virtio-blk-device,drive=root,serial=root",
            "-drive",
            "if=none,id=config,format=raw,readonly=on,file=" + configuration,
            "-device",
            "virtio-blk-device,drive=config,serial=config",
            "-netdev",
            "user,id=n0",
            "-device",
            "virtio-net-device,netdev=n0",
            "-device",
            "virtio-serial-device",
            "-chardev",
            "socket,id=agent,path=" + socket + ",server=on,wait=off",
            "-device",
            "virtserialport,chardev=agent,name=dev.banger.agent",
            "-object",
            "rng-builtin,id=rng0",
            "-device",
            "virtio-rng-device,rng=rng0")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static void awaitAgent(Path socket, Process qemu)
      throws IOException, InterruptedException {
    try (SocketChannel channel = connect(socket, qemu)) {
      byte[] hello = ByteBuffer.allocate(20).putInt(PROTOCOL_VERSION).array();
      new FrameOutput(Channels.newOutputStream(channel)).write(0, HELLO, hello);
      Frame answer = new FrameInput(Channels.newInputStream(channel), LIMIT).read();
      if (answer == null) {
        throw new IOException("the guest ended before its agent answered");
      }
    }
  }

  /** Between its making and its listening a socket refuses. */
  private static SocketChannel connect(Path socket, Process qemu)
      throws IOException, InterruptedException {
    while (true) {
      try {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
      } catch (IOException e) {
        if (!qemu.isAlive()) {
          throw new IOException("qemu ended before its guest could be reached", e);
        }
        Thread.sleep(1);
      }
    }
  }

  private static long kilohertz() throws IOException {
    Matcher matcher = MEGAHERTZ.matcher(Files.readString(Path.of("/proc/cpuinfo")));
    if (!matcher.find()) {
      throw new IOException("/proc/cpuinfo does not tell the processor's rate");
    }
    return Math.round(Double.parseDouble(matcher.group(1)) * 1000);
  }

  private static Path find(Path directory, String ending) {
    try (Stream<Path> files = Files.walk(directory, FileVisitOption.FOLLOW_LINKS)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(ending))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no " + ending + " below " + directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
