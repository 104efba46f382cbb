// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The service beside a model of it: for each name the row that it should have, whether its VMM
 * lives, and what its disk holds. Every step is checked against both.
 */
final class ModelledPlatform implements AutoCloseable {
  /** Comes last among the ids: when it is gone, the reconciliation has seen the rest. */
  private static final String SENTINEL = "ffffffffffff";

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Set<String> FILES =
      Set.of(
          "ssh_host_ed25519_key",
          "ssh_host_ed25519_key.pub",
          "root.qcow2",
          "work.raw",
          "config.tar",
          "handles.json",
          "stopping");

  private static final Set<String> ON_A_FULL_DISK =
      Set.of("file.open", "file.write", "directory.make", "reserve", "record", "update");

  private static final Set<String> ON_A_READ_ONLY_DISK =
      Set.of(
          "file.open",
          "file.write",
          "file.force",
          "file.move",
          "file.delete",
          "directory.make",
          "reserve",
          "record",
          "update",
          "delete_row");

  private final Path root;
  private final Faults faults = new Faults();
  private final Platform platform;
  private final Map<String, Machine> machines = new TreeMap<>();

  ModelledPlatform() {
    try {
      root = Files.createTempDirectory("model");
      Files.createDirectories(root.resolve("state/vms"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    platform = new Platform(FaultyFiles.at(root, faults), faults);
  }

  /** What a person asks for. */
  enum Command {
    CREATE(20, VmState.ERROR),
    START(60, VmState.ERROR, VmState.RUNNING, VmState.STOPPED),
    STOP(15, VmState.STOPPED),
    RESTART(45, VmState.STOPPED, VmState.ERROR, VmState.RUNNING),
    KILL(16, VmState.STOPPED),
    DELETE(25),
    SET(4),
    RESET(16, VmState.STOPPED),
    LIST(4);

    /** It reaches about so many points at most; one of more is never disturbed at its end. */
    private final int points;

    /** Where it may end when it is cut short, besides where it began and where it leads. */
    private final Set<VmState> between;

    Command(int points, VmState... between) {
      this.points = points;
      this.between = EnumSet.noneOf(VmState.class);
      this.between.addAll(List.of(between));
    }
  }

  /** What happens in the middle of it. */
  enum Mishap {
    NONE,
    DAEMON_DIES,
    SOMETHING_FAILS,
    DISK_IS_FULL,
    DISK_IS_READ_ONLY,
    VMM_DIES,
    GUEST_DIES_AT_BOOT,
    HOST_REBOOTS
  }

  /**
   * One command.
   *
   * @param name of the machine it is for
   * @param moment when the mishap comes, in hundredths of the command's points
   * @param again after how many points the next daemon dies, too
   */
  record Step(Command command, String name, Mishap mishap, int moment, int again) {}

  /**
   * What is known of a machine.
   *
   * @param row as it was last seen
   * @param alive whether its VMM lives
   * @param disk what its disk holds, once it has run
   */
  private record Machine(Vm row, boolean alive, String disk) {
    VmState state() {
      return row.state();
    }

    /** Whether a creation of the same machine takes it over. */
    boolean interrupted() {
      return row.state() == VmState.ERROR
          && row.startedAt() == null
          && row.lastError().contains(" was interrupted, as when the daemon is killed");
    }
  }

  /** How a command ended: with a record or none, or an error. */
  private record Outcome(Vm vm, Throwable error) {
    boolean failedWith(ErrorCode code) {
      return error instanceof BangerException banger && banger.code() == code;
    }
  }

  /** Takes a step and checks everything. */
  void take(Step step) {
    arm(step);
    int startedBefore = platform.hypervisor.started.size();
    Outcome outcome = run(step.command(), step.name());
    platform.hypervisor.guestDiesAtBoot = false;
    boolean happened = happened(step.mishap(), outcome);
    if (step.mishap() == Mishap.HOST_REBOOTS) {
      faults.killNow();
      reboot();
    }
    if (faults.dead()) {
      restart(step.again());
    } else {
      faults.clear();
      if (!happened) {
        expect(step.command(), step.name(), outcome);
      }
    }
    settle();
    assertConsistent();
    if (happened) {
      boolean vmmRan = platform.hypervisor.started.size() > startedBefore;
      accept(step, vmmRan && step.mishap() == Mishap.DAEMON_DIES);
      // The same command once more, now undisturbed, does what was asked for.
      expect(step.command(), step.name(), run(step.command(), step.name()));
      settle();
      assertConsistent();
    }
    assertAsModelled();
  }

  private void arm(Step step) {
    faults.clear();
    int point = step.moment() * step.command().points / 100;
    switch (step.mishap()) {
      case DAEMON_DIES, HOST_REBOOTS -> faults.killAfter(point);
      case SOMETHING_FAILS -> faults.failAfter(point);
      case DISK_IS_FULL -> faults.failFrom(point, ON_A_FULL_DISK);
      case DISK_IS_READ_ONLY -> faults.failFrom(point, ON_A_READ_ONLY_DISK);
      case VMM_DIES ->
          faults.arm(
              point,
              () -> {
                platform.hypervisor.kill(step.name());
              });
      case GUEST_DIES_AT_BOOT -> platform.hypervisor.guestDiesAtBoot = true;
      case NONE -> {}
    }
  }

  /** Whether the mishap came to pass and told on the command. */
  private boolean happened(Mishap mishap, Outcome outcome) {
    return switch (mishap) {
      case NONE -> false;
      case HOST_REBOOTS, GUEST_DIES_AT_BOOT -> true;
      // One failure either fails the command or makes no difference.
      case SOMETHING_FAILS -> !faults.armed() && outcome.error() != null;
      case DAEMON_DIES, DISK_IS_FULL, DISK_IS_READ_ONLY, VMM_DIES -> !faults.armed();
    };
  }

  private Outcome run(Command command, String name) {
    LifecycleVmService service = platform.machines();
    Operation operation = Operation.background();
    try {
      return new Outcome(
          switch (command) {
            case CREATE -> platform.create(name);
            case START -> service.start(name, operation);
            case STOP -> service.stop(name, Duration.ofSeconds(5), operation);
            case RESTART -> service.restart(name, Duration.ofSeconds(5), operation);
            case KILL -> service.kill(name, "KILL", operation);
            case DELETE -> {
              service.delete(name, operation);
              yield null;
            }
            case SET -> service.set(name, more(name), operation);
            case RESET -> service.reset(name, operation);
            case LIST -> {
              service.list();
              yield null;
            }
          },
          null);
    } catch (BangerException | Faults.Killed e) {
      return new Outcome(null, e);
    }
  }

  /** A larger disk, as the machine's record has it now. */
  private ChangeVm more(String name) {
    long bytes = platform.store.findByName(name).map(vm -> vm.spec().diskBytes()).orElse(0L);
    return ChangeVm.builder().diskBytes(bytes + (1L << 30)).labels(Map.of("size", "more")).build();
  }

  /** What a command must do that nothing came between. */
  private void expect(Command command, String name, Outcome outcome) {
    Machine before = machines.get(name);
    if (before == null && command != Command.CREATE && command != Command.LIST) {
      assertThat(outcome.failedWith(ErrorCode.NOT_FOUND)).as("%s", outcome).isTrue();
      return;
    }
    if (command == Command.CREATE && before != null && !before.interrupted()) {
      assertThat(outcome.failedWith(ErrorCode.ALREADY_EXISTS)).as("%s", outcome).isTrue();
      return;
    }
    if (command == Command.KILL && !before.alive()) {
      assertThat(outcome.failedWith(ErrorCode.NOT_RUNNING)).as("%s", outcome).isTrue();
      return;
    }
    if (command == Command.RESET && before.alive()) {
      assertThat(outcome.failedWith(ErrorCode.IN_USE)).as("%s", outcome).isTrue();
      return;
    }
    assertThat(outcome.error()).as("%s of %s", command, name).isNull();
    switch (command) {
      case CREATE -> {
        assertThat(outcome.vm().state()).isEqualTo(VmState.CREATED);
        assertThat(outcome.vm().lastError()).isNull();
        if (before != null) {
          assertThat(outcome.vm().id()).isEqualTo(before.row().id());
        }
        machines.put(name, new Machine(outcome.vm(), false, null));
      }
      case START -> {
        if (before.alive()) {
          assertThat(outcome.vm()).isEqualTo(before.row());
        } else {
          expectStarted(before, outcome.vm());
        }
      }
      case RESTART -> expectStarted(before, outcome.vm());
      case STOP -> {
        if (before.state() == VmState.RUNNING) {
          expectStopped(before, outcome.vm());
          assertThat(outcome.vm().lastError() == null).isEqualTo(before.alive());
        } else {
          assertThat(outcome.vm()).isEqualTo(before.row());
        }
      }
      case KILL -> expectStopped(before, outcome.vm());
      case DELETE -> machines.remove(name);
      case SET -> {
        assertThat(outcome.vm().spec().diskBytes()).isGreaterThan(before.row().spec().diskBytes());
        machines.put(name, new Machine(outcome.vm(), before.alive(), before.disk()));
      }
      case RESET -> {
        assertThat(outcome.vm().state()).isNotEqualTo(VmState.RUNNING);
        machines.put(name, new Machine(outcome.vm(), false, null));
      }
      case LIST -> {}
    }
  }

  private void expectStarted(Machine before, Vm after) {
    assertThat(after.id()).isEqualTo(before.row().id());
    assertThat(after.state()).isEqualTo(VmState.RUNNING);
    assertThat(after.lastError()).isNull();
    assertThat(after.machine()).isNotNull().isNotEqualTo(before.row().machine());
    machines.put(after.name(), new Machine(after, true, before.disk()));
  }

  private void expectStopped(Machine before, Vm after) {
    assertThat(after.id()).isEqualTo(before.row().id());
    assertThat(after.state()).isEqualTo(VmState.STOPPED);
    machines.put(after.name(), new Machine(after, false, before.disk()));
  }

  /** Takes over what a step that was disturbed made, if that is one of what it may make. */
  private void accept(Step step, boolean cutShortWithVmm) {
    Machine before = machines.get(step.name());
    Vm after = platform.store.findByName(step.name()).orElse(null);
    if (after == null) {
      boolean mayBeGone = before == null || step.command() == Command.DELETE;
      assertThat(mayBeGone).as("%s is lost", step.name()).isTrue();
      machines.remove(step.name());
      return;
    }
    if (before == null) {
      assertThat(step.command()).as("%s is invented", step.name()).isEqualTo(Command.CREATE);
      assertThat(after.state()).isIn(VmState.CREATED, VmState.ERROR);
      boolean oneFailure = step.mishap() == Mishap.SOMETHING_FAILS;
      assertThat(oneFailure).as("%s is left by a creation that failed", after).isFalse();
    } else {
      assertThat(after.id()).isEqualTo(before.row().id());
      assertThat(after.createdAt()).isEqualTo(before.row().createdAt());
      Set<VmState> allowed = EnumSet.of(before.state());
      allowed.addAll(step.command().between);
      if (step.command() == Command.CREATE && before.interrupted()) {
        allowed.add(VmState.CREATED);
      }
      if (before.state() == VmState.RUNNING) {
        allowed.add(VmState.STOPPED); // its VMM may have died
      }
      assertThat(after.state()).isIn(allowed);
      if (cutShortWithVmm && after.state() != VmState.RUNNING) {
        assertThat(after.state()).isEqualTo(VmState.ERROR);
        assertThat(after.lastError()).contains("start was interrupted");
      }
      if (step.command() == Command.LIST && before.alive() && step.mishap() != Mishap.VMM_DIES) {
        requireRebootOr(step, after.equals(before.row()));
      }
    }
    if (after.state() == VmState.ERROR) {
      assertThat(after.lastError()).isNotBlank();
    }
    machines.put(
        step.name(),
        new Machine(
            after,
            after.state() == VmState.RUNNING,
            before == null || step.command() == Command.RESET ? null : before.disk()));
  }

  private static void requireRebootOr(Step step, boolean condition) {
    assertThat(step.mishap() == Mishap.HOST_REBOOTS || condition).as("%s", step).isTrue();
  }

  /** The next daemon, which dies itself after so many points; the one after it lives. */
  private void restart(int again) {
    platform.close();
    faults.clear();
    faults.killAfter(again);
    try {
      placeSentinel();
      platform.activate();
      awaitSentinel();
    } catch (Faults.Killed e) {
      // As armed.
    }
    if (faults.dead()) {
      platform.close();
      faults.clear();
      placeSentinel();
      platform.activate();
      awaitSentinel();
    }
    faults.clear();
  }

  private void reboot() {
    platform.hypervisor.killAll();
    DurableFiles.deleteTree(root.resolve("run"));
    machines.replaceAll((name, machine) -> new Machine(machine.row(), false, machine.disk()));
  }

  /** Reconciles, and once more to see that nothing changes then. */
  private void settle() {
    reconcile();
    Snapshot first = snapshot();
    reconcile();
    assertThat(snapshot()).isEqualTo(first);
  }

  private void reconcile() {
    placeSentinel();
    platform.hypervisorArrives();
    awaitSentinel();
  }

  private void placeSentinel() {
    try {
      Files.createDirectories(root.resolve("state/vms").resolve(SENTINEL));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitSentinel() {
    Operation limit = Operation.background().within(LIMIT);
    while (Files.exists(root.resolve("state/vms").resolve(SENTINEL)) && !faults.dead()) {
      if (limit.ended()) {
        throw new AssertionError("the reconciliation does not come to its end:\n" + threads());
      }
      LockSupport.parkNanos(50_000); // between two looks at the condition
    }
  }

  /** What everybody does. */
  private static String threads() {
    return Thread.getAllStackTraces().entrySet().stream()
        .map(thread -> thread.getKey() + " " + List.of(thread.getValue()))
        .collect(Collectors.joining("\n"));
  }

  private record Snapshot(List<Vm> rows, Map<String, String> files, Map<String, Long> vmms) {}

  private Snapshot snapshot() {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : (Iterable<Path>) all::iterator) {
        files.put(root.relativize(file).toString(), content(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Snapshot(platform.store.list(), files, platform.hypervisor.pids());
  }

  private static String content(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return "directory";
    }
    try (InputStream in = Files.newInputStream(file)) {
      // A work disk is long, and what differs stands at its beginning.
      return Files.size(file) + new String(in.readNBytes(65536), StandardCharsets.ISO_8859_1);
    }
  }

  /** What holds whatever was done: the rows, the files and the VMMs tell the same story. */
  private void assertConsistent() {
    List<Vm> rows = platform.store.list();
    assertThat(rows.stream().map(Vm::name)).doesNotHaveDuplicates();
    assertThat(rows.stream().map(vm -> vm.network().sshPort())).doesNotHaveDuplicates();
    assertThat(rows.stream().map(vm -> vm.network().macAddress())).doesNotHaveDuplicates();
    Map<String, Long> running = new HashMap<>();
    for (Vm vm : rows) {
      if (vm.state() == VmState.RUNNING) {
        running.put(vm.id(), vm.machine().pid());
        assertThat(vm.capabilities()).containsExactly("fake");
      } else {
        assertThat(vm.machine()).isNull();
        assertThat(vm.capabilities()).isEmpty();
      }
      assertFilesOf(vm);
    }
    assertThat(platform.hypervisor.pids()).as("VMMs").isEqualTo(running);
    assertThat(platform.capability.prepared).isEqualTo(running.keySet());
    assertThat(Platform.names(root.resolve("run/vm")))
        .containsExactlyInAnyOrderElementsOf(running.keySet());
    List<String> ids = new ArrayList<>(rows.stream().map(Vm::id).toList());
    assertThat(ids).as("directories").containsAll(Platform.names(root.resolve("state/vms")));
    assertThat(knownHosts()).as("known hosts").isSubsetOf(ids);
  }

  private static void assertFilesOf(Vm vm) {
    boolean running = vm.state() == VmState.RUNNING;
    List<String> names = Platform.names(host(vm.files().directory()));
    assertThat(names.contains("handles.json")).as("%s has a handle", vm).isEqualTo(running);
    for (String name : names) {
      // Whoever writes a file again takes away what was half written; a start writes all.
      boolean half = !running && name.endsWith(".new");
      assertThat(FILES).contains(half ? name.substring(0, name.length() - 4) : name);
    }
  }

  private Set<String> knownHosts() {
    Path file = root.resolve("state/ssh/known_hosts");
    try {
      return Files.exists(file)
          ? Files.readAllLines(file).stream()
              .map(line -> line.substring("banger-".length(), line.indexOf(' ')))
              .collect(Collectors.toSet())
          : Set.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every machine is as the model has it; those that no step touched are what they were. */
  private void assertAsModelled() {
    Map<String, Vm> rows =
        platform.store.list().stream().collect(Collectors.toMap(Vm::name, vm -> vm));
    assertThat(rows.keySet()).isEqualTo(machines.keySet());
    for (Map.Entry<String, Machine> entry : machines.entrySet()) {
      Vm row = rows.get(entry.getKey());
      Machine machine = entry.getValue();
      if (machine.state() == VmState.RUNNING && !machine.alive()) {
        Vm ended =
            machine
                .row()
                .notRunning(VmState.STOPPED, row.lastError())
                .withCapabilities(List.of())
                .usedAt(row.lastUsedAt());
        assertThat(row).isEqualTo(ended);
      } else {
        assertThat(row).isEqualTo(machine.row());
      }
      entry.setValue(new Machine(row, row.state() == VmState.RUNNING, diskOf(row, machine.disk())));
    }
    assertThat(platform.machines().list()).isEqualTo(platform.store.list());
  }

  private String diskOf(Vm row, String before) {
    if (row.startedAt() == null) {
      return null;
    }
    try {
      String disk = Files.readString(host(row.files().rootDisk()));
      assertThat(disk).isEqualTo(Objects.requireNonNullElse(before, disk));
      return disk;
    } catch (IOException e) {
      throw new AssertionError("the disk of " + row.name() + " is lost", e);
    }
  }

  private static Path host(Path path) {
    return Path.of(path.toString());
  }

  @Override
  public void close() {
    faults.clear();
    platform.close();
    platform.hypervisor.killAll();
    DurableFiles.deleteTree(root);
  }
}
