// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Runs machines as PCs: for software that looks for a PCI bus and firmware tables, which the
 * microvm of banger's own driver does not have. Its ranking keeps it from being chosen for a
 * machine unless {@code vm.hypervisor} names it.
 */
@Component(
    configurationPid = PcHypervisor.PID,
    service = Hypervisor.class,
    property = "service.ranking:Integer=-100")
@Designate(ocd = PcConfiguration.class)
public final class PcHypervisor implements Hypervisor {
  static final String PID = "org.example.hypervisorpc";
  private static final String NAME = "pc";

  private static final Pattern VERSION = Pattern.compile("version (\\d+[.\\d]*)");
  private static final Pattern SIGNAL = Pattern.compile("[A-Z][A-Z0-9]*");
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

  private final HostCommands commands;
  private final Disks disks;
  private final ConsoleLogs consoleLogs = new ConsoleLogs();
  private volatile Settings settings;

  @Activate
  public PcHypervisor(@Reference HostCommands commands, PcConfiguration configuration) {
    this(commands, configuration.program(), configuration.accelerator());
  }

  PcHypervisor(HostCommands commands, String program, String accelerator) {
    this.commands = commands;
    this.disks = new Disks(commands);
    this.settings = new Settings(program, accelerator);
  }

  /** Machines that run go on as they are. */
  @Modified
  void modified(PcConfiguration configuration) {
    settings = new Settings(configuration.program(), configuration.accelerator());
  }

  @Deactivate
  void deactivate() {
    consoleLogs.close();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public HypervisorStatus status(Operation operation) {
    Settings now = settings;
    Optional<Path> program = find(now.program);
    if (program.isEmpty()) {
      return new HypervisorStatus(false, null, null, missing(now.program));
    }
    CommandResult answer =
        commands.run(
            HostCommand.of(program.get().toString(), "--version"), operation.within(ANSWER_LIMIT));
    Matcher version = VERSION.matcher(answer.stdout());
    return version.find()
        ? new HypervisorStatus(true, version.group(1), now.accelerator, "PCs, as configured")
        : new HypervisorStatus(false, null, null, program.get() + " does not tell its version");
  }

  private Optional<Path> find(String program) {
    return program.startsWith("/")
        ? Optional.of(Path.of(program)).filter(Files::isExecutable)
        : commands.find(program);
  }

  private static String missing(String program) {
    return "there is no '" + program + "': install qemu-system-x86";
  }

  @Override
  public Disk createRootDisk(Path image, Path target, long sizeBytes, Operation operation) {
    return disks.createRoot(image, target, sizeBytes, operation);
  }

  @Override
  public void growDisk(Disk disk, long sizeBytes, Operation operation) {
    disks.grow(disk, sizeBytes, operation);
  }

  @Override
  public void growRunningDisk(
      MachineHandle handle, Disk disk, long sizeBytes, Operation operation) {
    ask(handle, operation, monitor -> Disks.grow(disk, sizeBytes, monitor));
  }

  @Override
  public MachineHandle start(MachineConfig config, Operation operation) {
    operation.check();
    requireFile(config.boot().kernel());
    requireFile(config.boot().initramfs());
    config.disks().forEach(disk -> requireFile(disk.path()));
    Settings now = settings;
    Path program =
        find(now.program)
            .orElseThrow(() -> new BangerException(ErrorCode.HOST_UNFIT, missing(now.program)));
    RunFiles files = RunFiles.in(config.runtimeDirectory());
    boolean started = false;
    try {
      consoleLogs.start(files, config.consoleLog(), config.consoleLimitBytes());
      launch(PcCommandLine.of(program, now.accelerator, config, files), config, operation);
      MachineHandle handle = handle(files, now.accelerator);
      started = true;
      return handle;
    } finally {
      if (!started) {
        sweep(config.vmId(), config.runtimeDirectory(), Operation.background());
      }
    }
  }

  /** Returns when QEMU has gone into the background, in a session of its own. */
  private void launch(List<String> words, MachineConfig config, Operation operation) {
    CommandResult result = commands.run(new HostCommand(words, Map.of(), Path.of("/")), operation);
    if (result.succeeded()) {
      return;
    }
    String complaint = result.stderr().strip();
    for (PortForward forward : config.portForwards()) {
      if (complaint.contains("forwarding rule") && complaint.contains(Forwards.rule(forward))) {
        throw Forwards.taken(forward, complaint);
      }
    }
    throw new BangerException(ErrorCode.OPERATION_FAILED, "QEMU did not start: " + complaint);
  }

  private static MachineHandle handle(RunFiles files, String accelerator) {
    try {
      VmmProcess process =
          VmmProcess.living(Long.parseLong(Files.readString(files.pidFile()).strip()))
              .orElseThrow(() -> new IOException("it ended at once"));
      return new MachineHandle(
          NAME,
          process.pid(),
          process.start(),
          process.bootId(),
          accelerator,
          files.controlSocket(),
          files.agentSocket());
    } catch (IOException | NumberFormatException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "QEMU did not start: " + e.getMessage(), e);
    }
  }

  @Override
  public boolean alive(MachineHandle handle) {
    return VmmProcess.of(handle).alive();
  }

  @Override
  public MachineStatistics statistics(MachineHandle handle, Operation operation) {
    operation.check();
    return VmmProcess.of(handle).statistics().orElseThrow(() -> ended(handle));
  }

  @Override
  public ByteChannel openAgent(MachineHandle handle, Operation operation) {
    operation.check();
    requireAlive(handle);
    consoleLogs.adopt(RunFiles.of(handle));
    return Monitor.open(handle.agentSocket());
  }

  @Override
  public void addPortForward(MachineHandle handle, PortForward forward, Operation operation) {
    ask(handle, operation, monitor -> Forwards.add(forward, monitor));
  }

  @Override
  public void removePortForward(MachineHandle handle, PortForward forward, Operation operation) {
    ask(handle, operation, monitor -> Forwards.remove(forward, monitor));
  }

  private void ask(MachineHandle handle, Operation operation, Consumer<Monitor> question) {
    operation.check();
    requireAlive(handle);
    try (Monitor monitor = Monitor.connect(handle.controlSocket(), operation)) {
      question.accept(monitor);
    }
  }

  @Override
  public void signal(MachineHandle handle, String signal, Operation operation) {
    if (!SIGNAL.matcher(signal).matches()) {
      throw noSuchSignal(signal);
    }
    requireAlive(handle);
    HostCommand kill = HostCommand.of("kill", "-s", signal, Long.toString(handle.pid()));
    if (!commands.run(kill, operation).succeeded() && alive(handle)) {
      throw noSuchSignal(signal);
    }
  }

  private static BangerException noSuchSignal(String signal) {
    return new BangerException(ErrorCode.BAD_REQUEST, "there is no signal '" + signal + "'");
  }

  @Override
  public void terminate(MachineHandle handle, Operation operation) {
    end(List.of(VmmProcess.of(handle)), RunFiles.of(handle), operation);
  }

  @Override
  public void sweep(String vmId, Path runtimeDirectory, Operation operation) {
    RunFiles files = RunFiles.in(runtimeDirectory);
    List<VmmProcess> found = VmmProcess.with(files.pidFile().toString());
    while (!found.isEmpty()) { // again: one that goes into the background forks
      found.forEach(process -> process.end(operation));
      found = VmmProcess.with(files.pidFile().toString());
    }
    end(List.of(), files, operation);
  }

  /** Goes on to the files whatever becomes of the processes. */
  private void end(List<VmmProcess> processes, RunFiles files, Operation operation) {
    try {
      processes.forEach(process -> process.end(operation));
    } finally {
      consoleLogs.forget(files);
      files.remove();
    }
  }

  private void requireAlive(MachineHandle handle) {
    if (!alive(handle)) {
      throw ended(handle);
    }
  }

  private static BangerException ended(MachineHandle handle) {
    return new BangerException(
        ErrorCode.NOT_RUNNING, "the machine's QEMU (process " + handle.pid() + ") has ended");
  }

  private static void requireFile(Path file) {
    if (!Files.isRegularFile(file) || file.toFile().length() == 0) {
      throw new BangerException(ErrorCode.CORRUPT, file + " is missing or empty");
    }
  }

  private record Settings(String program, String accelerator) {}
}
