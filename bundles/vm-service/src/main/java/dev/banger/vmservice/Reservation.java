// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.PortForward;
import dev.banger.image.Image;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmFiles;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** Gives a new machine its name, id, port, row and directory. */
final class Reservation {
  private static final int ID_BYTES = 6;

  private final MachineParts parts;
  private final MachineLocks locks;
  private final SecureRandom random;

  Reservation(MachineParts parts, MachineLocks locks, SecureRandom random) {
    this.parts = parts;
    this.locks = locks;
    this.random = random;
  }

  /**
   * A new machine.
   *
   * @param windowMicros what the exclusive transaction took, with the wait for those of others, in
   *     microseconds, the last one when others were given what was chosen; null when it was
   *     reserved before
   */
  record Made(Vm vm, Long windowMicros) {}

  /**
   * Writes the row, makes the directory and last the host key, all under the machine's lock; none
   * is left when this fails.
   *
   * @param request what was asked for; its name may be null for a generated one
   */
  Made make(
      CreateVm request, VmSpec spec, Image image, Hypervisor hypervisor, Operation operation) {
    String id = newId();
    try (KeyedLocks.Held held = locks.acquire(id, operation)) {
      return makeLocked(id, request, spec, image, hypervisor, operation);
    }
  }

  /**
   * Whether a creation was cut short before its last step: nobody was told of the machine then. For
   * the holder of the machine's lock.
   */
  static boolean isUnfinished(Vm vm) {
    return vm.state() == VmState.CREATED && !Files.exists(SshIdentity.hostKey(vm));
  }

  private Made makeLocked(
      String id,
      CreateVm request,
      VmSpec spec,
      Image image,
      Hypervisor hypervisor,
      Operation operation) {
    FaultPoint.reach("create.record:before");
    AtomicLong chosen = new AtomicLong();
    Vm vm =
        parts
            .store()
            .reserve(
                others -> {
                  Vm choice = choose(others, id, request, spec, image, hypervisor);
                  chosen.set(System.nanoTime());
                  return choice;
                });
    long window = (System.nanoTime() - chosen.get()) / 1000;
    FaultPoint.reach("create.record:after");
    try {
      FaultPoint.around(
          "create.directory", () -> DurableFiles.makeDirectory(vm.files().directory()));
      FaultPoint.around("create.host_key", () -> SshIdentity.makeHostKey(vm));
      operation.check();
      return new Made(vm, window);
    } catch (RuntimeException | Error e) {
      Failures undone = new Failures();
      undone.attempt(
          "removing the directory", () -> DurableFiles.deleteTree(vm.files().directory()));
      undone.attempt("removing the row", () -> parts.store().delete(vm.id()));
      undone.attachTo(e);
      throw e;
    }
  }

  private String newId() {
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private Vm choose(
      List<Vm> others,
      String id,
      CreateVm request,
      VmSpec spec,
      Image image,
      Hypervisor hypervisor) {
    var names = others.stream().map(Vm::name).collect(Collectors.toSet());
    String name = request.name() == null ? VmNames.generate(names, random) : request.name();
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    if (names.contains(name)) {
      throw taken(name);
    }
    List<PortForward> ports = PublishedPorts.of(request, others, parts.sshPorts());
    return new Vm(
        id,
        name,
        VmState.CREATED,
        spec,
        image.id(),
        image.name(),
        image.kernel(),
        hypervisor.name(),
        UserNetwork.identity(id, parts.sshPorts().choose(others, ports)),
        files(id, hypervisor.rootDiskFormat(), spec),
        null,
        List.of(),
        null,
        now,
        null,
        request.labels(),
        Lifetimes.of(request, now),
        null,
        ports);
  }

  // The root disk's name tells its format for good.
  private VmFiles files(String id, Disk.Format rootDisk, VmSpec spec) {
    Path directory = parts.machines().resolve(id);
    return new VmFiles(
        directory,
        directory.resolve("root." + rootDisk.label()),
        directory.resolve("config.tar"),
        directory.resolve("console.log"),
        directory.resolve("handles.json"),
        spec.workDiskBytes() == 0 ? null : directory.resolve("work.raw"));
  }

  static BangerException taken(String name) {
    return new BangerException(
        ErrorCode.ALREADY_EXISTS,
        "vm \"%s\" already exists; choose another name or delete it with: banger vm delete %s"
            .formatted(name, name));
  }
}
