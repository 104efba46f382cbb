// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.HypervisorStatus;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.MachineStatistics;
import dev.banger.hypervisor.PortForward;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Runs machines with QEMU: the microvm machine, disks layered on the image with qcow2, user
 * networking, the guest agent on a virtio-serial port. KVM executes the guest where one has really
 * run under it, else TCG does. The VMM is a process of its own session and outlives the daemon.
 */
@Component(configurationPid = QemuHypervisor.PID, service = Hypervisor.class)
@Designate(ocd = QemuConfiguration.class)
public final class QemuHypervisor implements Hypervisor {
  static final String PID = "dev.banger.hypervisor.qemu";
  static final String NAME = "qemu";

  private static final Pattern SIGNAL = Pattern.compile("[A-Z][A-Z0-9]*");

  private final HostCommands commands;
  private volatile Configured configured;
  private final QemuImg disks;
  private final AccelerationProbe probe;
  private final ProcessTable processes = new ProcessTable(Path.of("/proc"));
  private final ProcessUsage usage = new ProcessUsage(processes);
  private final ProcessEnd processEnd;
  private final ConsoleLogBound consoleLogs = new ConsoleLogBound();
  private final StandstillWatch standstills =
      new StandstillWatch(handle -> usage.of(ProcessIdentity.of(handle)));

  @Activate
  public QemuHypervisor(
      @Reference HostCommands commands,
      @Reference BangerDirectories directories,
      QemuConfiguration configuration) {
    this(commands, directories, QemuSettings.of(configuration));
  }

  QemuHypervisor(HostCommands commands, BangerDirectories directories, QemuSettings settings) {
    this.commands = commands;
    this.configured = Configured.by(settings, commands);
    this.disks = new QemuImg(commands);
    this.probe =
        new AccelerationProbe(
            commands,
            directories.cache().resolve("hypervisors/qemu-probe.json"),
            Path.of("/dev/kvm"));
    this.processEnd = new ProcessEnd(processes);
  }

  /** Machines that run go on with what they were started with. */
  @Modified
  void modified(QemuConfiguration configuration) {
    configured = Configured.by(QemuSettings.of(configuration), commands);
  }

  @Deactivate
  void deactivate() {
    consoleLogs.close();
    standstills.close();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public HypervisorStatus status(Operation operation) {
    Configured now = configured;
    Optional<QemuProgram.Installation> installation = now.program.find(operation);
    if (installation.isEmpty()) {
      return new HypervisorStatus(false, null, null, now.program.missing());
    }
    QemuProgram.Installation qemu = installation.get();
    if (!qemu.supported()) {
      return new HypervisorStatus(false, qemu.version(), null, qemu.tooOld());
    }
    return switch (now.settings.accelerator()) {
      case KVM -> new HypervisorStatus(true, qemu.version(), "kvm", "KVM, as configured");
      case TCG -> new HypervisorStatus(true, qemu.version(), "tcg", "TCG, as configured");
      case AUTO ->
          probe
              .known(qemu)
              .map(
                  known ->
                      new HypervisorStatus(
                          true, qemu.version(), known.accelerator(), known.reason()))
              .orElse(
                  new HypervisorStatus(
                      true, qemu.version(), null, "KVM is tried when the first machine starts"));
    };
  }

  @Override
  public Disk createRootDisk(Path image, Path target, long sizeBytes, Operation operation) {
    disks.createOverlay(image, target, sizeBytes, operation);
    return new Disk("root", target, Disk.Format.QCOW2, false);
  }

  @Override
  public void growDisk(Disk disk, long sizeBytes, Operation operation) {
    disks.grow(disk, sizeBytes, operation);
  }

  @Override
  public void growRunningDisk(
      MachineHandle handle, Disk disk, long sizeBytes, Operation operation) {
    requireAlive(handle);
    try (QmpClient qmp = QmpClient.connect(handle.controlSocket(), operation)) {
      new RunningDisks(qmp).grow(disk, sizeBytes);
    }
  }

  @Override
  public MachineHandle start(MachineConfig config, Operation operation) {
    RunFiles files = RunFiles.in(config.runtimeDirectory());
    files.requireShortNames();
    requireFile(config.boot().kernel());
    requireFile(config.boot().initramfs());
    config.disks().forEach(disk -> requireDisk(disk.path()));
    Configured now = configured;
    QemuProgram.Installation qemu = now.program.require(operation);
    String accelerator = accelerator(now.settings, qemu, config, operation);
    List<String> words =
        new QemuCommandLine(qemu.path(), accelerator, GuestClock.ofThisHost()).start(config, files);
    boolean started = false;
    try {
      ConsoleBound.write(files, config.consoleLog(), config.consoleLimitBytes());
      launch(words, config, operation);
      MachineHandle handle = handle(files, accelerator);
      lookAfter(handle);
      started = true;
      return handle;
    } finally {
      if (!started) {
        sweep(config.vmId(), config.runtimeDirectory(), Operation.background());
      }
    }
  }

  private String accelerator(
      QemuSettings settings,
      QemuProgram.Installation qemu,
      MachineConfig config,
      Operation operation) {
    return switch (settings.accelerator()) {
      case KVM -> "kvm";
      case TCG -> "tcg";
      case AUTO -> probe.verdict(qemu, config, operation).accelerator();
    };
  }

  private void launch(List<String> words, MachineConfig config, Operation operation) {
    CommandResult result = commands.run(new HostCommand(words, Map.of(), Path.of("/")), operation);
    if (!result.succeeded()) {
      throw StartFailure.of(result.stderr().strip(), config);
    }
  }

  private MachineHandle handle(RunFiles files, String accelerator) {
    try {
      long pid = Long.parseLong(Files.readString(files.pidFile()).strip());
      ProcessIdentity process =
          processes
              .identify(pid)
              .orElseThrow(
                  () ->
                      new BangerException(
                          ErrorCode.OPERATION_FAILED, "QEMU ended as soon as it had started"));
      return new MachineHandle(
          NAME,
          pid,
          process.startTime(),
          process.bootId(),
          accelerator,
          files.controlSocket(),
          files.agentSocket());
    } catch (IOException | NumberFormatException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "QEMU did not tell its process id: " + e.getMessage(), e);
    }
  }

  /** Whoever adopts a machine asks so first: it is looked after from then on. */
  @Override
  public boolean alive(MachineHandle handle) {
    boolean alive = processes.alive(ProcessIdentity.of(handle));
    if (alive) {
      lookAfter(handle);
    }
    return alive;
  }

  private void lookAfter(MachineHandle handle) {
    if (standstills.watch(handle)) {
      ConsoleBound.read(RunFiles.of(handle))
          .ifPresent(bound -> consoleLogs.watch(bound.log(), bound.limitBytes()));
    }
  }

  @Override
  public MachineStatistics statistics(MachineHandle handle, Operation operation) {
    operation.check();
    return usage.of(ProcessIdentity.of(handle)).orElseThrow(() -> ended(handle));
  }

  @Override
  public ByteChannel openAgent(MachineHandle handle, Operation operation) {
    operation.check();
    requireAlive(handle);
    return LocalSocket.connect(handle.agentSocket(), operation);
  }

  @Override
  public void addPortForward(MachineHandle handle, PortForward forward, Operation operation) {
    requireAlive(handle);
    try (QmpClient qmp = QmpClient.connect(handle.controlSocket(), operation)) {
      new RunningForwards(qmp).add(forward);
    }
  }

  @Override
  public void removePortForward(MachineHandle handle, PortForward forward, Operation operation) {
    requireAlive(handle);
    try (QmpClient qmp = QmpClient.connect(handle.controlSocket(), operation)) {
      new RunningForwards(qmp).remove(forward);
    }
  }

  @Override
  public void signal(MachineHandle handle, String signal, Operation operation) {
    if (!SIGNAL.matcher(signal).matches()) {
      throw noSuchSignal(signal);
    }
    requireAlive(handle);
    CommandResult result =
        commands.run(HostCommand.of("kill", "-s", signal, Long.toString(handle.pid())), operation);
    if (!result.succeeded() && alive(handle)) {
      // The process is this user's own, so nothing but the name can be wrong.
      throw noSuchSignal(signal);
    }
  }

  private static BangerException noSuchSignal(String signal) {
    return new BangerException(
        ErrorCode.BAD_REQUEST,
        "there is no signal '%s': name one without SIG, such as TERM".formatted(signal));
  }

  @Override
  public void terminate(MachineHandle handle, Operation operation) {
    RunFiles files = RunFiles.of(handle);
    ProcessIdentity process = ProcessIdentity.of(handle);
    Failures failures = new Failures();
    if (processes.alive(process)) {
      failures.attempt(() -> quit(handle, operation));
      failures.attempt(() -> processEnd.await(process, operation));
    }
    finish(files, failures);
  }

  @Override
  public void sweep(String vmId, Path runtimeDirectory, Operation operation) {
    RunFiles files = RunFiles.in(runtimeDirectory);
    String pidFile = files.pidFile().toString();
    Failures failures = new Failures();
    failures.attempt(
        () -> endAll(words -> words.contains("-pidfile") && words.contains(pidFile), operation));
    finish(files, failures);
  }

  /** Looks again until none is left: one that is on its way into the background forks. */
  private void endAll(Predicate<List<String>> commandLine, Operation operation) {
    List<ProcessIdentity> found = processes.find(commandLine);
    while (!found.isEmpty()) {
      Failures failures = new Failures();
      found.forEach(process -> failures.attempt(() -> processEnd.end(process, operation)));
      failures.rethrow();
      found = processes.find(commandLine);
    }
  }

  private void finish(RunFiles files, Failures failures) {
    ConsoleBound.read(files).ifPresent(bound -> consoleLogs.forget(bound.log()));
    files.remove(failures);
    failures.rethrow();
  }

  /** Lets QEMU close its disks itself; one that does not answer is ended by signals. */
  private void quit(MachineHandle handle, Operation operation) {
    try (QmpClient qmp =
        QmpClient.connect(handle.controlSocket(), operation.within(ProcessEnd.PATIENCE))) {
      qmp.execute("quit", Map.of());
    } catch (BangerException e) {
      if (e.code() == ErrorCode.CANCELLED || e.code() == ErrorCode.UPDATING) {
        throw e;
      }
    }
  }

  private void requireAlive(MachineHandle handle) {
    if (!alive(handle)) {
      throw ended(handle);
    }
  }

  private static BangerException ended(MachineHandle handle) {
    return new BangerException(
        ErrorCode.NOT_RUNNING, "the machine's QEMU (process %d) has ended".formatted(handle.pid()));
  }

  private static void requireDisk(Path disk) {
    if (!Files.exists(disk)) {
      throw new BangerException(
          ErrorCode.CORRUPT,
          "the disk %s is missing: put it back, or delete the machine".formatted(disk));
    }
  }

  private static void requireFile(Path file) {
    try {
      if (Files.isRegularFile(file) && Files.size(file) > 0) {
        return;
      }
    } catch (IOException e) {
      // Told below.
    }
    throw new BangerException(
        ErrorCode.CORRUPT, "%s is missing or empty: pull the kernel again".formatted(file));
  }

  /** What the configuration says, as it was when something began. */
  private record Configured(QemuSettings settings, QemuProgram program) {
    static Configured by(QemuSettings settings, HostCommands commands) {
      return new Configured(settings, new QemuProgram(commands, settings.program()));
    }
  }
}
