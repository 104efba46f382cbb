// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.Image;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.CreateVm;
import dev.banger.vm.NetworkMode;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.SizedSpec.Origin;
import dev.banger.vm.VmSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.util.function.Supplier;

/** The size of a machine: request, then configuration, then a heuristic on the host. */
final class Sizing {
  private static final long MIB = 1024 * 1024;

  /** A new machine's root disk; sparse, so that it costs what is written. */
  static final long BUILTIN_DISK_BYTES = 8L * 1024 * MIB;

  /** KVM's and QEMU's bound of xAPIC machines (8-bit APIC ids, 255 is broadcast). */
  private static final int MAXIMUM_VCPUS = 255;

  /** A guest needs some room to unpack its initramfs at all (VmSpec's contract). */
  static final long MINIMUM_MEMORY_MIB = 64;

  /** Far above any image, far below an overflow of sector counts (ext4's own bound is 1 EiB). */
  private static final long MAXIMUM_DISK_BYTES = 64L * 1024 * 1024 * MIB;

  static final long MINIMUM_DISK_BYTES = MIB;

  private final Supplier<VmConfiguration> settings;
  private final HostCapacity host;

  Sizing(Supplier<VmConfiguration> settings, HostCapacity host) {
    this.settings = settings;
    this.host = host;
  }

  /** The size of a request; refuses what can not work. */
  SizedSpec size(CreateVm request) {
    Figure vcpus = vcpus(request.vcpus());
    Figure memory = memory(request.memoryMib());
    Figure disk = disk(request.diskBytes());
    Figure workDisk = workDisk(request.workDiskBytes());
    NetworkMode network = request.network() == null ? NetworkMode.USER : request.network();
    return new SizedSpec(
        new VmSpec((int) vcpus.value, memory.value, disk.value, workDisk.value, network),
        vcpus.origin,
        memory.origin,
        disk.origin,
        workDisk.origin);
  }

  /**
   * The size with room for an image and its work seed.
   *
   * @throws BangerException BAD_REQUEST when a size was asked for and the image does not go with it
   */
  VmSpec fitted(SizedSpec sized, Image image) {
    VmSpec spec = sized.spec();
    return new VmSpec(
        spec.vcpus(),
        spec.memoryMib(),
        fittedDisk(sized, image),
        fittedWorkDisk(sized, image),
        spec.network());
  }

  private static long fittedDisk(SizedSpec sized, Image image) {
    long asked = sized.spec().diskBytes();
    if (asked < image.sizeBytes() && sized.disk() == Origin.FLAG) {
      throw bad(
          "a disk of %s is too small for the image %s, which needs %s"
              .formatted(Quantities.size(asked), image.name(), Quantities.size(image.sizeBytes())));
    }
    return Math.max(asked, image.sizeBytes());
  }

  private static long fittedWorkDisk(SizedSpec sized, Image image) {
    long asked = sized.spec().workDiskBytes();
    if (asked == 0) {
      return 0;
    }
    if (image.workSeed() == null) {
      if (sized.workDisk() == Origin.FLAG) {
        throw bad(
            "the image %s has no work seed to make a work disk of; leave the work disk out, or see: banger image refresh-seed %s"
                .formatted(image.name(), image.name()));
      }
      return 0;
    }
    long needed = seedBytes(image);
    if (asked < needed && sized.workDisk() == Origin.FLAG) {
      throw bad(
          "a work disk of %d bytes is too small for the work seed of %s, which needs %d"
              .formatted(asked, image.name(), needed));
    }
    return Math.max(asked, needed);
  }

  private static long seedBytes(Image image) {
    try {
      return Files.size(image.workSeed());
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.CORRUPT,
          "the image %s has no work seed any more; make it anew with: banger image refresh-seed %s"
              .formatted(image.name(), image.name()),
          e);
    }
  }

  /**
   * A size after a change.
   *
   * @throws BangerException BAD_REQUEST for a figure that cannot be
   */
  VmSpec changed(VmSpec spec, ChangeVm change) {
    return new VmSpec(
        change.vcpus() == null ? spec.vcpus() : (int) vcpus(change.vcpus()).value,
        change.memoryMib() == null ? spec.memoryMib() : memory(change.memoryMib()).value,
        change.diskBytes() == null ? spec.diskBytes() : disk(change.diskBytes()).value,
        change.workDiskBytes() == null
            ? spec.workDiskBytes()
            : workDisk(change.workDiskBytes()).value,
        spec.network());
  }

  /** A new machine's CPUs on a host. */
  static long vcpus(HostCapacity host) {
    return clamp(host.cpus() / 4, 1, 4);
  }

  /** A new machine's memory on a host, in MiB. */
  static long memoryMib(HostCapacity host) {
    return Math.min(clamp(host.memoryMib() / 8, 512, 8192), host.memoryMib());
  }

  private Figure vcpus(Integer asked) {
    long configured = settings.get().vcpus();
    Figure figure;
    if (asked != null) {
      figure = new Figure(asked, Origin.FLAG);
    } else if (configured != 0) {
      figure = new Figure(configured, Origin.CONFIG);
    } else {
      figure = new Figure(vcpus(host), Origin.HOST);
    }
    if (figure.value < 1 || figure.value > MAXIMUM_VCPUS) {
      throw bad(
          "vcpus must be 1 to %d, not %d%s"
              .formatted(MAXIMUM_VCPUS, figure.value, where(figure, "vcpus")));
    }
    return figure;
  }

  private Figure memory(Long asked) {
    long configured = settings.get().memoryMib();
    Figure figure;
    if (asked != null) {
      figure = new Figure(asked, Origin.FLAG);
    } else if (configured != 0) {
      figure = new Figure(configured, Origin.CONFIG);
    } else {
      figure = new Figure(memoryMib(host), Origin.HOST);
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
    long configured = settings.get().diskBytes();
    Figure figure;
    if (asked != null) {
      figure = new Figure(asked, Origin.FLAG);
    } else if (configured != 0) {
      figure = new Figure(configured, Origin.CONFIG);
    } else {
      figure = new Figure(BUILTIN_DISK_BYTES, Origin.BUILTIN);
    }
    return wholeSectors(figure, "the disk", "diskBytes");
  }

  private Figure workDisk(Long asked) {
    long configured = settings.get().workDiskBytes();
    Figure figure;
    if (asked != null) {
      figure = new Figure(asked, Origin.FLAG);
    } else if (configured != -1) {
      figure = new Figure(configured, Origin.CONFIG);
    } else {
      figure = new Figure(BUILTIN_DISK_BYTES, Origin.BUILTIN);
    }
    return figure.value == 0 ? figure : wholeSectors(figure, "the work disk", "workDiskBytes");
  }

  private static Figure wholeSectors(Figure figure, String disk, String key) {
    if (figure.value < MINIMUM_DISK_BYTES || figure.value > MAXIMUM_DISK_BYTES) {
      throw bad(
          "%s must have 1 MiB to 64 TiB, not %s%s"
              .formatted(disk, Quantities.size(figure.value), where(figure, key)));
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
