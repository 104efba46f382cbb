// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.vm.CreateVm;
import dev.banger.vm.NetworkMode;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.SizedSpec.Origin;
import dev.banger.vm.VmSpec;

/** The size of a machine: request, then configuration, then a heuristic on the host. */
final class Sizing {
  private static final long MIB = 1024 * 1024;

  /** A new machine's root disk; sparse, so that it costs what is written. */
  private static final long BUILTIN_DISK_BYTES = 8L * 1024 * MIB;

  /** KVM's and QEMU's bound of xAPIC machines (8-bit APIC ids, 255 is broadcast). */
  private static final int MAXIMUM_VCPUS = 255;

  /** A guest needs some room to unpack its initramfs at all (VmSpec's contract). */
  private static final long MINIMUM_MEMORY_MIB = 64;

  /** Far above any image, far below an overflow of sector counts (ext4's own bound is 1 EiB). */
  private static final long MAXIMUM_DISK_BYTES = 64L * 1024 * 1024 * MIB;

  private static final long MINIMUM_DISK_BYTES = MIB;

  private final VmConfiguration configuration;
  private final HostCapacity host;

  Sizing(VmConfiguration configuration, HostCapacity host) {
    this.configuration = configuration;
    this.host = host;
  }

  /** The size of a request; refuses what can not work. */
  SizedSpec size(CreateVm request) {
    Figure vcpus = vcpus(request.vcpus());
    Figure memory = memory(request.memoryMib());
    Figure disk = disk(request.diskBytes());
    NetworkMode network = request.network() == null ? NetworkMode.USER : request.network();
    return new SizedSpec(
        new VmSpec((int) vcpus.value, memory.value, disk.value, network),
        vcpus.origin,
        memory.origin,
        disk.origin);
  }

  /**
   * The size with room for an image.
   *
   * @throws BangerException BAD_REQUEST when the size was asked for and the image is larger
   */
  VmSpec fitted(SizedSpec sized, String imageName, long imageBytes) {
    VmSpec spec = sized.spec();
    if (spec.diskBytes() >= imageBytes) {
      return spec;
    }
    if (sized.disk() == Origin.FLAG) {
      throw bad(
          "a disk of %d bytes is too small for the image %s, which needs %d"
              .formatted(spec.diskBytes(), imageName, imageBytes));
    }
    return new VmSpec(spec.vcpus(), spec.memoryMib(), imageBytes, spec.network());
  }

  private Figure vcpus(Integer asked) {
    Figure figure;
    if (asked != null) {
      figure = new Figure(asked, Origin.FLAG);
    } else if (configuration.vcpus() != 0) {
      figure = new Figure(configuration.vcpus(), Origin.CONFIG);
    } else {
      figure = new Figure(clamp(host.cpus() / 4, 1, 4), Origin.HOST);
    }
    if (figure.value < 1 || figure.value > MAXIMUM_VCPUS) {
      throw bad(
          "vcpus must be 1 to %d, not %d%s"
              .formatted(MAXIMUM_VCPUS, figure.value, where(figure, "vcpus")));
    }
    return figure;
  }

  private Figure memory(Long asked) {
    Figure figure;
    if (asked != null) {
      figure = new Figure(asked, Origin.FLAG);
    } else if (configuration.memoryMib() != 0) {
      figure = new Figure(configuration.memoryMib(), Origin.CONFIG);
    } else {
      figure =
          new Figure(
              Math.min(clamp(host.memoryMib() / 8, 512, 8192), host.memoryMib()), Origin.HOST);
    }
    if (figure.value < MINIMUM_MEMORY_MIB) {
      throw bad(
          "memory must be at least %d MiB, not %d MiB%s"
              .formatted(MINIMUM_MEMORY_MIB, figure.value, where(figure, "memoryMib")));
    }
    if (figure.value > host.memoryMib()) {
      throw bad(
          "memory of %d MiB is more than the host's %d MiB%s"
              .formatted(figure.value, host.memoryMib(), where(figure, "memoryMib")));
    }
    return figure;
  }

  private Figure disk(Long asked) {
    Figure figure;
    if (asked != null) {
      figure = new Figure(asked, Origin.FLAG);
    } else if (configuration.diskBytes() != 0) {
      figure = new Figure(configuration.diskBytes(), Origin.CONFIG);
    } else {
      figure = new Figure(BUILTIN_DISK_BYTES, Origin.BUILTIN);
    }
    if (figure.value < MINIMUM_DISK_BYTES || figure.value > MAXIMUM_DISK_BYTES) {
      throw bad(
          "the disk must have 1 MiB to 64 TiB, not %d bytes%s"
              .formatted(figure.value, where(figure, "diskBytes")));
    }
    // Whole sectors of 4 KiB, which every guest can use to the last.
    return new Figure((figure.value + 4095) / 4096 * 4096, figure.origin);
  }

  private static String where(Figure figure, String key) {
    return figure.origin == Origin.CONFIG
        ? " (key " + key + " of the configuration " + VmConfiguration.PID + ")"
        : "";
  }

  private static long clamp(long value, long least, long most) {
    return Math.max(least, Math.min(most, value));
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }

  private record Figure(long value, Origin origin) {}
}
