// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.image.Image;
import dev.banger.kernel.Kernel;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.Vm;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes machines: validates and resolves with no lock held, reserves name, port and row in one
 * short window, then makes the directory.
 */
final class MachineCreation {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final MachineServices services;
  private final KeyedLocks locks;

  MachineCreation(MachineServices services, KeyedLocks locks) {
    this.services = services;
    this.locks = locks;
  }

  Vm create(CreateVm request, Operation operation) {
    SizedSpec sized = services.sizing().size(request);
    checkName(request.name());
    Hypervisor hypervisor =
        services.hypervisors().choose(services.configuration().hypervisor(), operation);
    operation.progress().stage("resolve_image", "resolving the image");
    Image image = services.images().resolve(request.image(), operation);
    VmSpec spec = services.sizing().fitted(sized, image.name(), image.sizeBytes());
    operation.progress().stage("resolve_kernel", "resolving the kernel");
    Kernel kernel = services.kernels().resolve(image.kernel(), operation);
    services.freeSpace().require(operation);

    String id = "%012x".formatted(RANDOM.nextLong() & 0xffff_ffff_ffffL);
    // Held until the directory is there, so that nobody takes the row for a broken one.
    try (KeyedLocks.Held held = locks.acquire(id, operation)) {
      operation.progress().stage("reserve", "reserving name and port");
      Vm vm =
          services
              .store()
              .reserve(
                  machines ->
                      chosen(id, request.name(), spec, image, kernel, hypervisor, machines));
      try {
        operation.check();
        DurableFiles.makeDirectory(vm.files().directory());
        SshIdentity.makeHostKey(vm);
        return vm;
      } catch (RuntimeException | Error e) {
        remove(vm, e);
        throw e;
      }
    }
  }

  /** Whether a creation was cut short: the host key is the last that it makes. */
  static boolean isUnfinished(Vm vm) {
    return vm.state() == VmState.CREATED && !Files.exists(SshIdentity.hostKey(vm));
  }

  private void checkName(String name) {
    if (name == null) {
      return;
    }
    VmNames.check(name);
    if (services.store().findByName(name).isPresent()) {
      throw taken(name);
    }
  }

  private Vm chosen(
      String id,
      String name,
      VmSpec spec,
      Image image,
      Kernel kernel,
      Hypervisor hypervisor,
      List<Vm> machines) {
    Set<String> names = machines.stream().map(Vm::name).collect(Collectors.toSet());
    if (name != null && names.contains(name)) {
      throw taken(name);
    }
    return new Vm(
        id,
        name == null ? VmNames.generate(names, RANDOM) : name,
        VmState.CREATED,
        spec,
        image.id(),
        image.name(),
        kernel.name(),
        hypervisor.name(),
        UserNetwork.identity(id, services.ports().choose(machines)),
        services.files().of(id, hypervisor.rootDiskFormat()),
        null,
        List.of(),
        null,
        Instant.now().truncatedTo(ChronoUnit.MILLIS),
        null);
  }

  private void remove(Vm vm, Throwable cause) {
    Failures failures = new Failures();
    failures.attempt(
        "removing the directory of " + vm.name(),
        () -> DurableFiles.deleteTree(vm.files().directory()));
    failures.attempt(
        "removing the record of " + vm.name(), () -> services.store().delete(vm.id()));
    failures.attachTo(cause);
  }

  private static BangerException taken(String name) {
    return new BangerException(
        ErrorCode.ALREADY_EXISTS, "a machine named \"" + name + "\" exists already");
  }
}
