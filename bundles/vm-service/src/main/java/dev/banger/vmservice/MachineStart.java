// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.GuestConfigContributor;
import dev.banger.capability.HostPreparer;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.capability.PostStart;
import dev.banger.capability.StartPrerequisites;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestFile;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.PortForward;
import dev.banger.image.Image;
import dev.banger.kernel.BootFiles;
import dev.banger.operation.Operation;
import dev.banger.operation.Progress;
import dev.banger.vm.Vm;
import dev.banger.vm.VmNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One start of one machine: what its steps need and what they have made so far. */
final class MachineStart {
  private static final int SSH_PORT = 22;
  private static final int PORT_ATTEMPTS = 4;

  private final MachineServices services;
  private final CapabilitySet hooks;
  private final Operation operation;
  private final Operation cleanUp;
  private Vm vm;
  private Hypervisor hypervisor;
  private Image image;
  private BootFiles boot;
  private boolean madeRootDisk;
  private MachineConfig config;
  private MachineHandle handle;

  /**
   * @param hooks the capabilities that this start sees, from its beginning to its end
   */
  MachineStart(MachineServices services, CapabilitySet hooks, Vm vm, Operation operation) {
    this.services = services;
    this.hooks = hooks;
    this.vm = vm;
    this.operation = operation;
    this.cleanUp = Operation.of(operation.id(), Progress.NONE);
  }

  /** The record as it stands now. */
  Vm vm() {
    return vm;
  }

  /** The steps in their order. */
  List<StartStep> steps() {
    return List.of(
        StartStep.of("prerequisites", null, this::checkPrerequisites),
        StartStep.of("stale_runtime", null, this::clearStaleRuntime),
        StartStep.of("ssh_port", null, this::chooseFreePort),
        StartStep.of("runtime_directory", null, this::makeDirectories, this::removeRuntime),
        StartStep.of("boot_files", "preparing the kernel", this::findBootFiles),
        StartStep.of("root_disk", "preparing the root disk", this::makeRootDisk, this::undoRootDisk),
        StartStep.of(
            "configuration_disk", null, this::writeConfigurationDisk, this::undoConfigurationDisk),
        StartStep.of("host_preparation", null, this::prepareHost, this::cleanUpCapabilities),
        StartStep.of("machine_config", null, this::configureMachine),
        StartStep.of("hypervisor", "starting the machine", this::startMachine, this::endMachine),
        StartStep.of(
            "handles",
            null,
            () -> services.handles().write(vm, handle),
            () -> services.handles().delete(vm)),
        StartStep.of("known_hosts", null, () -> services.knownHosts().add(vm)),
        StartStep.of(
            "agent",
            "booting the guest",
            this::awaitAgent,
            () -> services.connections().forget(vm.id())),
        StartStep.of("post_start", null, this::runPostStart, this::cleanUpCapabilities),
        StartStep.of("record", null, this::recordRunning));
  }

  private void checkPrerequisites() {
    hypervisor = services.hypervisors().require(vm.hypervisor());
    Hypervisors.requireUsable(hypervisor, operation);
    image = services.images().find(vm.imageId());
    long size = sizeOf(image.rootfs(), "the image " + image.name());
    if (size < image.sizeBytes()) {
      throw new BangerException(
          ErrorCode.CORRUPT,
          "the file %s of the image %s is truncated: %d of %d bytes; delete the image and pull it again"
              .formatted(image.rootfs(), image.name(), size, image.sizeBytes()));
    }
    services.freeSpace().require(operation);
    for (StartPrerequisites hook : hooks.prerequisites()) {
      hook.checkStart(vm, operation);
    }
  }

  private static long sizeOf(Path file, String owner) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.CORRUPT, "the file " + file + " of " + owner + " cannot be read", e);
    }
  }

  private void clearStaleRuntime() {
    if (!services.files().hasRuntime(vm) && vm.capabilities().isEmpty() && vm.machine() == null) {
      return;
    }
    Failures failures = new Failures();
    vm = services.teardown().end(vm, hooks, failures, operation).vm();
    failures.throwIfAny("what the last run of " + vm.name() + " left cannot be removed");
  }

  private void chooseFreePort() {
    if (SshPorts.isFree(vm.network().sshPort())) {
      return;
    }
    for (int attempt = 1; ; attempt++) {
      VmNetwork old = vm.network();
      VmNetwork other =
          new VmNetwork(
              old.macAddress(),
              old.address(),
              old.gateway(),
              old.nameservers(),
              old.sshHost(),
              services.ports().choose(services.store().list()));
      try {
        services.store().update(vm.withNetwork(other));
        vm = vm.withNetwork(other);
        return;
      } catch (BangerException e) {
        // Another machine may have taken it between the look and the update.
        if (e.code() != ErrorCode.ALREADY_EXISTS || attempt == PORT_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void makeDirectories() {
    DurableFiles.makeDirectory(vm.files().directory());
    SshIdentity.makeHostKey(vm);
    DurableFiles.makeDirectory(services.files().runtime(vm.id()));
  }

  private void removeRuntime() {
    DurableFiles.deleteTree(services.files().runtime(vm.id()));
  }

  private void findBootFiles() {
    services.kernels().resolve(vm.kernel(), operation);
    boot = services.kernels().bootFiles(vm.kernel(), operation);
    for (Path file : List.of(boot.kernel(), boot.initramfs())) {
      if (sizeOf(file, "the kernel " + vm.kernel()) == 0) {
        throw new BangerException(
            ErrorCode.CORRUPT,
            "the file %s of the kernel %s is empty; pull it again with: banger kernel pull --force %s"
                .formatted(file, vm.kernel(), vm.kernel()));
      }
    }
  }

  private void makeRootDisk() throws IOException {
    Disk disk = MachineFiles.rootDisk(vm);
    if (Files.exists(disk.path())) {
      return;
    }
    // Under another name until it is whole: a crash must not leave half a disk that looks like one.
    Path fresh = disk.path().resolveSibling(disk.path().getFileName() + ".new");
    Files.deleteIfExists(fresh);
    try {
      Disk made =
          hypervisor.createRootDisk(image.rootfs(), fresh, vm.spec().diskBytes(), operation);
      if (made.format() != disk.format()) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED,
            "the hypervisor %s made a %s disk where it announced %s"
                .formatted(hypervisor.name(), made.format().label(), disk.format().label()));
      }
      madeRootDisk = true;
      Files.move(fresh, disk.path(), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private void undoRootDisk() {
    if (madeRootDisk) {
      DurableFiles.delete(vm.files().rootDisk());
    }
  }

  private void writeConfigurationDisk() {
    GuestConfig.Additions additions = new GuestConfig.Additions();
    for (GuestConfigContributor hook : hooks.guestConfig()) {
      hook.contribute(vm, additions, operation);
    }
    List<GuestFile> files =
        Stream.concat(
                SshServerFiles.of(vm, services.identity().authorizedKey()).stream(),
                additions.files().stream())
            .toList();
    VmNetwork network = vm.network();
    ConfigurationDisk.write(
        vm.files().configurationDisk(),
        new GuestConfig(
            vm.name(),
            network.address(),
            network.gateway(),
            network.nameservers(),
            network.macAddress(),
            files));
  }

  private void undoConfigurationDisk() {
    DurableFiles.delete(vm.files().configurationDisk());
  }

  private void prepareHost() {
    List<String> applied =
        Stream.concat(vm.capabilities().stream(), hooks.applied().stream()).distinct().toList();
    if (!applied.equals(vm.capabilities())) {
      // Before the first of them acts, so that a clean-up after a crash knows whom to call.
      services.store().update(vm.withCapabilities(applied));
      vm = vm.withCapabilities(applied);
    }
    for (HostPreparer hook : hooks.hostPreparers()) {
      hook.prepareHost(vm, operation);
    }
  }

  private void cleanUpCapabilities() {
    Failures failures = new Failures();
    vm = services.teardown().cleanUp(vm, hooks, failures, cleanUp);
    failures.throwIfAny("capabilities of " + vm.name() + " could not be cleaned up");
  }

  private void configureMachine() {
    MachineConfig.Additions additions = new MachineConfig.Additions();
    for (MachineConfigContributor hook : hooks.machineConfig()) {
      hook.contribute(vm, additions, operation);
    }
    List<String> arguments = new ArrayList<>(List.of("systemd.hostname=" + vm.name()));
    arguments.addAll(additions.kernelArguments());
    List<Disk> disks =
        new ArrayList<>(
            List.of(
                MachineFiles.rootDisk(vm),
                new Disk("config", vm.files().configurationDisk(), Disk.Format.RAW, true)));
    disks.addAll(additions.disks());
    List<PortForward> forwards =
        new ArrayList<>(
            List.of(new PortForward(vm.network().sshHost(), vm.network().sshPort(), SSH_PORT)));
    forwards.addAll(additions.portForwards());
    config =
        new MachineConfig(
            vm.id(),
            vm.name(),
            vm.spec().vcpus(),
            vm.spec().memoryMib(),
            boot,
            arguments,
            disks,
            vm.network(),
            forwards,
            services.files().runtime(vm.id()),
            vm.files().consoleLog(),
            services.configuration().consoleLimitBytes());
  }

  private void startMachine() {
    handle = hypervisor.start(config, operation);
  }

  private void endMachine() {
    if (handle != null) {
      hypervisor.terminate(handle, cleanUp);
    } else {
      hypervisor.sweep(vm.id(), services.files().runtime(vm.id()), cleanUp);
    }
  }

  private void awaitAgent() {
    Duration limit = Duration.ofSeconds(Math.max(1, services.configuration().startTimeoutSeconds()));
    try {
      services.connections().awaitBoot(vm, handle, operation.within(limit));
    } catch (BangerException e) {
      operation.check();
      String tail = ConsoleTail.of(vm);
      String console = tail.isEmpty() ? "its console is empty" : "its console ends with:" + tail;
      if (e.code() == ErrorCode.DEADLINE_EXCEEDED) {
        throw new BangerException(
            ErrorCode.DEADLINE_EXCEEDED,
            "the guest's agent did not answer within %d s (startTimeoutSeconds of the configuration %s); %s"
                .formatted(limit.toSeconds(), VmConfiguration.PID, console),
            e);
      }
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, e.getMessage() + "; " + console, e);
    }
  }

  private void runPostStart() {
    Vm running = vm.running(handle, Instant.now());
    for (PostStart hook : hooks.postStart()) {
      hook.started(running, false, operation);
    }
  }

  private void recordRunning() {
    Vm running = vm.running(handle, Instant.now());
    services.store().update(running);
    vm = running;
    services.connections().started(vm.id());
  }
}
