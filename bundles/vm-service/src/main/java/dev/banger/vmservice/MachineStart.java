// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Capability;
import dev.banger.capability.GuestConfigContributor;
import dev.banger.capability.HostPreparer;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.capability.PostStart;
import dev.banger.capability.StartPrerequisites;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.guest.GuestConfig;
import dev.banger.guest.GuestFile;
import dev.banger.guest.Mount;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.PortForward;
import dev.banger.image.Image;
import dev.banger.kernel.BootFiles;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One start of one machine: the steps and what they hand to each other. The capabilities are those
 * that were there at its beginning.
 */
final class MachineStart {
  private static final Logger LOG = LoggerFactory.getLogger(MachineStart.class);
  private static final int SSH = 22;
  private static final String CONFIGURATION_SERIAL = "config";

  private final MachineParts parts;
  private final Hypervisor hypervisor;
  private final CapabilitySet capabilities;
  private final CapabilitySet concerned;
  private final boolean hadWorkDisk;
  private final Path runDirectory;
  private final Operation operation;
  private final Operation patience;
  private Vm vm;
  private BootFiles boot;
  private MachineHandle handle;
  private boolean vmmLeft;
  private List<String> owed;
  private final MachineConfig.Additions additions = new MachineConfig.Additions();

  /**
   * @param patience cancelled when the machine is to be ended by force: the start is, too
   */
  MachineStart(
      MachineParts parts, Vm vm, Hypervisor hypervisor, Operation operation, Operation patience) {
    this.parts = parts;
    this.vm = vm;
    this.owed = vm.capabilities();
    this.hypervisor = hypervisor;
    this.operation = operation.reportingTo(operation.progress());
    this.patience = patience;
    this.capabilities = parts.capabilities().snapshot();
    this.concerned = capabilities.concerning(vm);
    this.hadWorkDisk = vm.files().workDisk() != null && Files.exists(vm.files().workDisk());
    this.runDirectory = parts.teardown().runDirectory(vm.id());
  }

  /**
   * Returns when a machine may be started at all.
   *
   * @throws BangerException as {@link #requireOurs}; CORRUPT when a disk that has run has vanished
   */
  static void requireStartable(Vm vm, Hypervisor hypervisor) {
    requireOurs(vm, hypervisor);
    if (vm.startedAt() != null) {
      // Once it has run, its disks hold what nobody can make again.
      requireThere(vm, vm.files().rootDisk());
      if (vm.spec().workDiskBytes() > 0) {
        requireThere(vm, vm.files().workDisk());
      }
    }
  }

  /**
   * Returns when a machine's files may be worked on.
   *
   * @throws BangerException IN_USE when it is being deleted, CORRUPT when its directory has
   *     vanished, BAD_REQUEST when its hypervisor uses another disk format; nothing was changed
   */
  static void requireOurs(Vm vm, Hypervisor hypervisor) {
    if (Intent.ofDeletion(vm).declared()) {
      throw new BangerException(
          ErrorCode.IN_USE,
          "vm \"%s\" is being deleted; finish that with: banger vm delete %s"
              .formatted(vm.name(), vm.name()));
    }
    requireThere(vm, vm.files().directory());
    Disk.Format format = RootDisk.format(vm);
    if (hypervisor.rootDiskFormat() != format) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "vm \"%s\" has a root disk of the format %s, but its hypervisor %s now uses %s; install the driver that made it, or delete the machine and create it again"
              .formatted(
                  vm.name(),
                  format.label(),
                  hypervisor.name(),
                  hypervisor.rootDiskFormat().label()));
    }
  }

  private static void requireThere(Vm vm, Path file) {
    if (!Files.exists(file)) {
      throw new BangerException(
          ErrorCode.CORRUPT,
          "%s of vm \"%s\" has vanished; put it back, or delete the machine with: banger vm delete %s"
              .formatted(file, vm.name(), vm.name()));
    }
  }

  /**
   * Starts the machine.
   *
   * @return its record, stored as running
   * @throws BangerException when a step fails; all that was begun is undone then, but the record is
   *     not written
   */
  Vm run() {
    Runnable cutShort = () -> operation.cancel("the machine is to be ended at once");
    try (Operation.Registration hurried = patience.onCancel(cutShort)) {
      StartPipeline.run(steps(), operation, this::tell);
    }
    return vm;
  }

  private void tell(StartStep step, long millis, BangerException failure) {
    String error = failure == null ? null : failure.getMessage();
    parts
        .events()
        .tell(
            Event.STAGE,
            vm,
            operation,
            "layer",
            step.layer(),
            "step",
            step.name(),
            "ms",
            millis,
            "error",
            error);
  }

  /** After a failure: the capabilities whose clean-up is still owed. */
  List<String> owed() {
    return owed;
  }

  private List<StartStep> steps() {
    return List.of(
        StartStep.of("resolve", "prerequisites", null, this::checkPrerequisites),
        StartStep.of("store", "intent", null, this::declareIntent),
        StartStep.of("host", "clear_stale_run", null, this::clearStaleRun),
        StartStep.of(
            "host",
            "run_directory",
            null,
            () -> DurableFiles.makeDirectory(runDirectory),
            this::removeRunDirectory),
        StartStep.of("kernel", "boot_files", "preparing the boot files", this::findBootFiles),
        rootDiskStep(),
        StartStep.of(
            "capabilities", "prepare_host", null, this::prepareHost, this::undoPrepareHost),
        StartStep.of("disk", "configuration_disk", null, this::writeConfigurationDisk),
        StartStep.of("capabilities", "machine_config", null, this::gatherMachineConfig),
        StartStep.of(
            "vmm",
            "hypervisor",
            "starting the machine",
            this::startHypervisor,
            this::endHypervisor),
        StartStep.of("store", "handles", null, () -> parts.handles().write(vm, handle)),
        StartStep.of(
            "guest",
            "agent",
            "waiting for the guest",
            this::awaitAgent,
            () -> parts.connections().forget(vm.id())),
        StartStep.of("capabilities", "post_start", null, this::runPostStart),
        StartStep.of("store", "record", null, this::recordRunning));
  }

  private void checkPrerequisites() {
    Hypervisors.requireUsable(hypervisor, operation);
    requireImage();
    parts.requireFreeSpace();
    callEach(StartPrerequisites.class, (hook, limited) -> hook.checkStart(vm, limited));
  }

  private void requireImage() {
    Image image = parts.images().find(vm.imageId());
    try {
      if (Files.size(image.rootfs()) == image.sizeBytes()) {
        return;
      }
    } catch (IOException e) {
      // Told below.
    }
    throw new BangerException(
        ErrorCode.CORRUPT,
        "the file %s of image %s is missing or truncated; machines that use the image cannot start any more: delete them, then the image with: banger image delete %s"
            .formatted(image.rootfs(), image.name(), image.name()));
  }

  /** Withdrawn by whoever writes the record of how the start ended. */
  private void declareIntent() {
    Intent.ofStart(vm).declare();
    Intent.ofStop(vm).withdraw(); // it was an earlier run's
  }

  private void moveToFreePort() {
    while (true) {
      operation.check();
      int port = parts.sshPorts().choose(parts.store().list());
      Vm moved = vm.withNetwork(UserNetwork.identity(vm.id(), port));
      try {
        parts.store().update(moved);
        vm = moved;
        return;
      } catch (BangerException e) {
        if (e.code() != ErrorCode.ALREADY_EXISTS) {
          throw e;
        }
        LOG.debug("another machine was given port {} meanwhile", port);
      }
    }
  }

  private void clearStaleRun() {
    Failures failures = new Failures();
    owed = parts.teardown().end(vm, failures, operation);
    failures.throwIfAny("what an earlier run of " + vm.name() + " left cannot be removed");
    vm = vm.withCapabilities(owed);
    if (!SshPorts.isFree(vm.network().sshPort())) {
      moveToFreePort();
    }
  }

  private void removeRunDirectory() {
    // What still runs is found again by what lies there.
    if (!vmmLeft) {
      DurableFiles.deleteTree(runDirectory);
    }
  }

  private void findBootFiles() throws IOException {
    boot = parts.kernels().bootFiles(vm.kernel(), operation);
    for (Path file : List.of(boot.kernel(), boot.initramfs())) {
      if (!Files.isRegularFile(file) || Files.size(file) == 0) {
        throw new BangerException(
            ErrorCode.CORRUPT,
            "the file %s of the kernel %s is missing or empty; pull it again with: banger kernel pull --force %s"
                .formatted(file, vm.kernel(), vm.kernel()));
      }
    }
  }

  private StartStep rootDiskStep() {
    boolean present = Files.exists(vm.files().rootDisk());
    return StartStep.of(
        "disk",
        "root_disk",
        present ? null : "making the root disk",
        () -> {
          if (!present) {
            new RootDisk(parts, hypervisor).make(vm, operation);
          }
        },
        () -> {
          RootDisk.discard(vm);
          if (!present) {
            DurableFiles.delete(vm.files().rootDisk());
          }
        });
  }

  private void prepareHost() {
    Set<String> applied = new LinkedHashSet<>(owed);
    applied.addAll(concerned.applied());
    vm = vm.withCapabilities(List.copyOf(applied));
    if (!vm.capabilities().isEmpty()) {
      // Before anything is made: after a crash the record tells whose clean-up is owed.
      parts.store().update(vm);
    }
    callEach(HostPreparer.class, (hook, limited) -> hook.prepareHost(vm, limited));
  }

  private <T extends Capability> void callEach(Class<T> type, HookCalls.Action<T> action) {
    for (Hook<T> hook : concerned.of(type)) {
      call(hook, action);
    }
  }

  private <T extends Capability> void call(Hook<T> hook, HookCalls.Action<T> action) {
    parts.hookCalls().call(hook, vm, operation, action);
  }

  private void undoPrepareHost() {
    Failures failures = new Failures();
    owed = parts.teardown().cleanUp(vm, capabilities, failures, Operation.background());
    if (!hadWorkDisk && vm.files().workDisk() != null) {
      // The guest may have written to it in the start that failed.
      failures.attempt("the work disk", () -> DurableFiles.delete(vm.files().workDisk()));
    }
    failures.throwIfAny("what was prepared on the host could not be undone");
  }

  private void writeConfigurationDisk() {
    SshIdentity.makeHostKey(vm);
    List<GuestFile> all = new ArrayList<>(SshServerFiles.of(vm, parts.identity().authorizedKey()));
    List<Mount> mounts = new ArrayList<>();
    for (Hook<GuestConfigContributor> hook : concerned.of(GuestConfigContributor.class)) {
      // Its own, since one that is left behind may still be writing.
      GuestConfig.Additions more = new GuestConfig.Additions();
      call(hook, (service, limited) -> service.contribute(vm, more, limited));
      all.addAll(more.files());
      mounts.addAll(more.mounts());
    }
    VmNetwork network = vm.network();
    ConfigurationDisk.write(
        vm.files().configurationDisk(),
        new GuestConfig(
            vm.name(),
            network.address(),
            network.gateway(),
            network.nameservers(),
            network.macAddress(),
            all,
            mounts));
    parts.knownHosts().add(vm);
  }

  private void gatherMachineConfig() {
    for (Hook<MachineConfigContributor> hook : concerned.of(MachineConfigContributor.class)) {
      MachineConfig.Additions more = new MachineConfig.Additions();
      call(hook, (service, limited) -> service.contribute(vm, more, limited));
      more.kernelArguments().forEach(additions::kernelArgument);
      more.disks().forEach(additions::disk);
      more.portForwards().forEach(additions::portForward);
    }
  }

  private void startHypervisor() {
    try {
      handle = hypervisor.start(machineConfig(), operation);
    } catch (BangerException e) {
      operation.check();
      if (SshPorts.isFree(vm.network().sshPort())) {
        throw e;
      }
      // Somebody took the port between the look and the start.
      LOG.info("port {} of {} was taken", vm.network().sshPort(), vm.name());
      moveToFreePort();
      handle = hypervisor.start(machineConfig(), operation);
    }
  }

  private MachineConfig machineConfig() {
    List<Disk> disks = new ArrayList<>();
    disks.add(RootDisk.of(vm));
    disks.add(
        new Disk(CONFIGURATION_SERIAL, vm.files().configurationDisk(), Disk.Format.RAW, true));
    disks.addAll(additions.disks());
    List<String> arguments = new ArrayList<>();
    arguments.add("systemd.hostname=" + vm.name());
    // Named, it is not done without: it tells of the work disk.
    arguments.add("banger.config=" + CONFIGURATION_SERIAL);
    arguments.addAll(additions.kernelArguments());
    List<PortForward> forwards = new ArrayList<>();
    forwards.add(new PortForward(vm.network().sshHost(), vm.network().sshPort(), SSH));
    forwards.addAll(additions.portForwards());
    return new MachineConfig(
        vm.id(),
        vm.name(),
        vm.spec().vcpus(),
        vm.spec().memoryMib(),
        boot,
        arguments,
        disks,
        vm.network(),
        forwards,
        runDirectory,
        vm.files().consoleLog(),
        parts.configuration().consoleLimitBytes());
  }

  private void endHypervisor() {
    Failures failures = new Failures();
    List<MachineHandle> named = handle == null ? List.of() : List.of(handle);
    vmmLeft =
        !parts.teardown().endVmm(hypervisor, vm.id(), named, failures, Operation.background());
    failures.throwIfAny("the VMM of " + vm.name() + " could not be ended");
    parts.handles().delete(vm);
  }

  private void awaitAgent() {
    Duration limit = Duration.ofSeconds(parts.configuration().startTimeoutSeconds());
    try {
      parts.connections().awaitBoot(vm, handle, operation.within(limit));
    } catch (BangerException e) {
      operation.check();
      String reason =
          e.code() == ErrorCode.DEADLINE_EXCEEDED
              ? "the guest's agent did not answer within " + limit.toSeconds() + " s"
              : e.getMessage();
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, reason + ConsoleTail.of(vm.files().consoleLog()), e);
    }
  }

  private void runPostStart() {
    Vm running = vm.running(handle, Instant.now().truncatedTo(ChronoUnit.SECONDS));
    for (Hook<PostStart> hook : concerned.of(PostStart.class)) {
      parts.told().add(running, hook);
      call(hook, (service, limited) -> service.started(running, false, limited));
    }
  }

  private void recordRunning() {
    vm = vm.running(handle, Instant.now().truncatedTo(ChronoUnit.SECONDS));
    parts.store().update(vm);
    parts.connections().started(vm.id());
  }
}
