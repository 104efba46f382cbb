// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.event.EventStream;
import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.kernel.KernelService;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.store.VmStore;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.CreateVm;
import dev.banger.vm.PruneVms;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import dev.banger.vm.VmStatistics;
import dev.banger.wire.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * The life of machines. A lifecycle operation holds the lock of its machine from beginning to end
 * and reads the record again under it; machines outlive this service and are found again by the
 * next one.
 */
@Component(
    service = {VmService.class, LifetimeEnd.class},
    immediate = true,
    configurationPid = VmConfiguration.PID)
@Designate(ocd = VmConfiguration.class)
public final class LifecycleVmService implements VmService, LifetimeEnd {
  private static final Logger LOG = LoggerFactory.getLogger(LifecycleVmService.class);
  private static final Duration HYPERVISOR_ARRIVAL = Duration.ofSeconds(5);

  /** What leaving may take in all. */
  private static final Duration LEAVING = Duration.ofSeconds(10);

  /** What of it an operation under way has to finish by itself before it is cancelled. */
  private static final Duration WILLING = Duration.ofSeconds(2);

  private static final Duration PAUSE = Duration.ofMillis(10);
  private static final Set<String> SIGNALS =
      Set.of("TERM", "KILL", "INT", "HUP", "QUIT", "USR1", "USR2", "ABRT", "STOP", "CONT");
  private static final Set<String> ENDING_SIGNALS = Set.of("TERM", "KILL");

  private final AtomicReference<VmConfiguration> settings = new AtomicReference<>();
  private final MachineParts parts;
  private final Hypervisors hypervisors;
  private final Sizing sizing;
  private final Reservation reservation;
  private final Deletion deletion;
  private final Reconciliation reconciliation;
  private final InterruptedCreation interruptedCreation;
  private final PowerOff powerOff;
  private final MachineUsage usage;
  private final HotPlug hotPlug;
  private final MachineLocks locks = new MachineLocks();
  private final Set<String> corrections = ConcurrentHashMap.newKeySet();
  private final Operation background = Operation.background();
  private final ExecutorService corrector =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> {
            Thread thread = new Thread(task, "vm-reconciliation");
            thread.setDaemon(true);
            return thread;
          },
          // After deactivation: the next instance will see to it.
          new ThreadPoolExecutor.DiscardPolicy());
  private final InFlight inFlight = new InFlight();
  private final Operation.Registration arrivals;

  @Activate
  public LifecycleVmService(
      VmConfiguration configuration,
      @Reference VmStore store,
      @Reference EventStream events,
      @Reference ImageService images,
      @Reference KernelService kernels,
      @Reference BangerDirectories directories,
      @Reference Hypervisors hypervisors,
      @Reference AgentConnections connections,
      @Reference Capabilities capabilities,
      @Reference SshIdentity identity,
      @Reference KnownHosts knownHosts,
      @Reference Json json,
      @Reference HostCommands commands) {
    this.hypervisors = hypervisors;
    Handles handles = new Handles(json);
    java.security.SecureRandom random = new java.security.SecureRandom();
    settings.set(configuration);
    HookCalls hookCalls =
        new HookCalls(
            () -> Duration.ofSeconds(Math.max(1, settings.get().capabilityTimeoutSeconds())));
    ToldHooks told = new ToldHooks();
    SshPorts sshPorts = new SshPorts(settings::get, random);
    this.parts =
        new MachineParts(
            settings::get,
            directories.state(),
            store,
            new VmEvents(events),
            images,
            kernels,
            connections,
            capabilities,
            hookCalls,
            told,
            identity,
            knownHosts,
            sshPorts,
            handles,
            new Teardown(
                hypervisors,
                connections,
                capabilities,
                hookCalls,
                told,
                handles,
                directories.run().resolve("vm")));
    this.sizing = new Sizing(settings::get, HostCapacity.measured());
    this.reservation = new Reservation(parts, locks, random);
    this.deletion = new Deletion(parts);
    this.reconciliation = new Reconciliation(parts, hypervisors, deletion, locks);
    this.usage = new MachineUsage(parts, hypervisors, commands);
    this.interruptedCreation = new InterruptedCreation(parts, reconciliation, locks);
    this.powerOff = new PowerOff(hypervisors, connections);
    this.hotPlug = new HotPlug(parts, hypervisors, reconciliation, locks, inFlight::held);
    this.arrivals =
        hypervisors.onArrival(
            hypervisor -> later(() -> reconciliation.run(hypervisor, background)));
  }

  /** What begins from now on goes by this configuration. */
  @Modified
  void modified(VmConfiguration configuration) {
    settings.set(configuration);
  }

  @Deactivate
  void deactivate() throws InterruptedException {
    leave(LEAVING);
  }

  /** Ends what is under way; machines run on. */
  void leave(Duration limit) throws InterruptedException {
    Operation whole = Operation.background().within(limit);
    arrivals.close();
    hotPlug.close();
    background.cancel("the daemon is stopping");
    corrector.shutdown();
    if (!inFlight.drain(WILLING, whole)) {
      LOG.warn("operations on machines are still under way while their service leaves");
    }
    long left = whole.remaining().orElse(Duration.ZERO).toMillis();
    if (!corrector.awaitTermination(left, TimeUnit.MILLISECONDS)) {
      LOG.warn("the reconciliation did not end in time");
    }
    if (!hotPlug.awaitEnd(whole)) {
      LOG.warn("capabilities are still being applied or cleaned up while their service leaves");
    }
  }

  @Override
  public List<Vm> list() {
    return parts.store().list().stream().flatMap(vm -> asItIs(vm).stream()).toList();
  }

  @Override
  public Vm find(String reference) {
    Vm found = VmReferences.resolve(parts.store().list(), reference);
    return asItIs(found).orElseThrow(() -> deletedMeanwhile(found));
  }

  private boolean isSurelyDead(Vm vm) {
    try {
      return !reconciliation.isAlive(vm);
    } catch (RuntimeException e) {
      return false; // its hypervisor is being updated
    }
  }

  /**
   * The record as it should be, empty when it is gone meanwhile; a wrong one is corrected behind
   * the caller's back.
   */
  private Optional<Vm> asItIs(Vm vm) {
    if (vm.state() != VmState.RUNNING || !isSurelyDead(vm)) {
      return Optional.of(vm);
    }
    if (inFlight.holds(vm.id())) {
      // Whoever holds it is about to record how it ended.
      return Optional.of(vm.notRunning(VmState.STOPPED, null));
    }
    // After the look at who holds it: what an operation did meanwhile is recorded by now.
    Optional<Vm> now = parts.store().findById(vm.id());
    if (!now.equals(Optional.of(vm))) {
      return now;
    }
    if (corrections.add(vm.id())) {
      later(
          () -> {
            corrections.remove(vm.id());
            reconciliation.reconcile(vm.id(), background);
          });
    }
    return Optional.of(vm.notRunning(VmState.STOPPED, Reconciliation.whyEnded(vm)));
  }

  @Override
  public SizedSpec size(CreateVm request) {
    return sizing.size(request);
  }

  @Override
  public Vm create(CreateVm request, Operation operation) {
    try (InFlight.Work work = inFlight.enter(operation)) {
      return createWithin(request, work.operation());
    }
  }

  private Vm createWithin(CreateVm request, Operation operation) {
    if (request.name() != null) {
      VmNames.check(request.name());
      interruptedCreation.requireObtainable(request.name());
    }
    SizedSpec sized = sizing.size(request);
    Labels.check(request.labels());
    Lifetimes.check(request);
    PublishedPorts.check(request.ports());
    required(operation).forRequest(request);
    awaitHypervisors(operation);
    Hypervisor hypervisor = hypervisors.choose(parts.configuration().hypervisor(), operation);
    parts.requireFreeSpace();
    long begin = System.nanoTime();
    Image image = parts.images().resolve(request.image(), operation);
    long imageMillis = VmEvents.since(begin);
    begin = System.nanoTime();
    parts.kernels().resolve(image.kernel(), operation);
    long kernelMillis = VmEvents.since(begin);
    parts.requireFreeSpace(); // what was pulled took its share
    VmSpec spec = required(operation).fitted(sizing.fitted(sized, image), sized);
    begin = System.nanoTime();
    Reservation.Made made =
        interruptedCreation
            .takeOver(request, spec, image, hypervisor, operation)
            .map(vm -> new Reservation.Made(vm, null))
            .orElseGet(() -> reservation.make(request, spec, image, hypervisor, operation));
    parts
        .events()
        .tell(
            Event.CREATED,
            made.vm(),
            operation,
            "image",
            image.name(),
            "image_ms",
            imageMillis,
            "kernel_ms",
            kernelMillis,
            "reserve_ms",
            VmEvents.since(begin),
            "window_us",
            made.windowMicros());
    return made.vm();
  }

  @Override
  public Vm start(String reference, Operation operation) {
    return locked(reference, operation, (vm, work) -> startLocked(vm, work.operation()));
  }

  private RequiredCapabilities required(Operation operation) {
    return new RequiredCapabilities(parts.capabilities(), operation);
  }

  private Vm startLocked(Vm vm, Operation operation) {
    if (reconciliation.isAlive(vm)) {
      return vm;
    }
    Hypervisor hypervisor = hypervisors.require(vm.hypervisor());
    MachineStart.requireStartable(vm, hypervisor);
    required(operation).forMachine(vm);
    // Recorded first: a record that says RUNNING never belongs to a start that is not finished.
    Vm ended = vm.state() == VmState.RUNNING ? reconciliation.endDead(vm, operation) : vm;
    long begin = System.nanoTime();
    parts.events().tell(Event.STARTING, vm, operation);
    MachineStart start = new MachineStart(parts, ended, hypervisor, operation);
    try {
      Vm started = start.run();
      Intent.ofStart(vm).withdraw();
      parts.events().tell(Event.STARTED, started, operation, "ms", VmEvents.since(begin));
      return started;
    } catch (BangerException e) {
      parts
          .events()
          .tell(
              Event.START_FAILED,
              vm,
              operation,
              "code",
              e.code().name().toLowerCase(Locale.ROOT),
              "error",
              e.getMessage());
      recordFailure(ended, start.owed(), e);
      throw e;
    }
  }

  private void recordFailure(Vm vm, List<String> owed, BangerException failure) {
    boolean cancelled =
        failure.code() == ErrorCode.CANCELLED || failure.code() == ErrorCode.UPDATING;
    try {
      Vm stored = parts.store().findById(vm.id()).orElse(vm);
      parts
          .store()
          .update(
              stored
                  .notRunning(cancelled ? vm.state() : VmState.ERROR, failure.getMessage())
                  .withCapabilities(owed));
      Intent.ofStart(vm).withdraw();
    } catch (BangerException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public Vm stop(String reference, Duration grace, Operation operation) {
    checkGrace(grace);
    return locked(reference, operation, (vm, work) -> stopLocked(vm, grace, work));
  }

  private static void checkGrace(Duration grace) {
    if (grace == null || grace.isNegative()) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "the grace must be zero or more");
    }
  }

  private Vm stopLocked(Vm vm, Duration grace, InFlight.Work work) {
    if (vm.state() != VmState.RUNNING) {
      return vm;
    }
    Optional<MachineHandle> alive = reconciliation.alive(vm);
    if (alive.isEmpty()) {
      return reconciliation.endDead(vm, work.operation());
    }
    MachineHandle handle = alive.get();
    work.operation().progress().stage("stop", "stopping " + vm.name());
    long begin = System.nanoTime();
    parts.events().tell(Event.STOPPING, vm, work.operation());
    powerOff.run(vm, handle, grace, work);
    String how = hypervisors.alive(handle) ? "forced" : "power_off";
    Vm stopped = reconciliation.end(vm, VmState.STOPPED, null, Operation.background());
    parts
        .events()
        .tell(Event.STOPPED, vm, work.operation(), "how", how, "ms", VmEvents.since(begin));
    return stopped;
  }

  @Override
  public Vm restart(String reference, Duration grace, Operation operation) {
    checkGrace(grace);
    return locked(
        reference,
        operation,
        (vm, work) -> {
          MachineStart.requireStartable(vm, hypervisors.require(vm.hypervisor()));
          return startLocked(stopLocked(vm, grace, work), work.operation());
        });
  }

  @Override
  public Vm kill(String reference, String signal, Operation operation) {
    if (signal == null || !SIGNALS.contains(signal)) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "signal \"%s\" is not one of %s"
              .formatted(signal, String.join(", ", new java.util.TreeSet<>(SIGNALS))));
    }
    boolean hurried = ENDING_SIGNALS.contains(signal) && hurry(reference, operation);
    return locked(
        reference,
        operation,
        (vm, work) ->
            hurried && vm.state() == VmState.STOPPED
                ? vm // ended by the stop that was hurried
                : killLocked(vm, signal, work.operation()));
  }

  private Vm killLocked(Vm vm, String signal, Operation operation) {
    MachineHandle handle =
        reconciliation
            .alive(vm)
            .orElseThrow(
                () ->
                    new BangerException(
                        ErrorCode.NOT_RUNNING, "vm \"%s\" is not running".formatted(vm.name())));
    if (!ENDING_SIGNALS.contains(signal)) {
      hypervisors.require(handle.hypervisor()).signal(handle, signal, operation);
      parts.events().tell(Event.SIGNALLED, vm, operation, "signal", signal);
      return vm;
    }
    operation.check();
    FaultPoint.around("kill.intent", Intent.ofStop(vm)::declareIfPossible);
    try {
      hypervisors.require(handle.hypervisor()).signal(handle, signal, operation);
    } catch (BangerException e) {
      // KILL and TERM end the machine whatever its VMM does; teardown makes sure of it.
      LOG.warn("{} cannot be sent {}: {}", vm.name(), signal, e.getMessage());
    }
    Vm killed = reconciliation.end(vm, VmState.STOPPED, null, Operation.background());
    parts.events().tell(Event.STOPPED, vm, operation, "how", "signal", "signal", signal);
    return killed;
  }

  @Override
  public void delete(String reference, Operation operation) {
    hurry(reference, operation);
    locked(
        reference,
        operation,
        (vm, work) -> {
          deletion.run(vm, work.operation());
          return vm;
        });
  }

  @Override
  public void deleteDue(Vm seen, Operation operation) {
    locked(
        seen.id(),
        operation,
        (vm, work) -> {
          if (LifetimeEnd.isDue(seen, vm)) {
            deletion.run(vm, work.operation());
          }
          return vm;
        });
  }

  @Override
  public void stopDue(Vm seen, Duration grace, Operation operation) {
    locked(
        seen.id(),
        operation,
        (vm, work) -> LifetimeEnd.isDue(seen, vm) ? stopLocked(vm, grace, work) : vm);
  }

  @Override
  public Vm abandon(String reference, Operation operation) {
    return locked(reference, operation, (vm, work) -> abandonLocked(vm));
  }

  private Vm abandonLocked(Vm vm) {
    requireStopped(vm);
    CapabilitySet present = parts.capabilities().snapshot();
    List<String> kept = vm.capabilities().stream().filter(present::knows).toList();
    Vm freed = vm.withCapabilities(kept);
    if (!freed.equals(vm)) {
      LOG.warn("{}: what {} made on the host is given up", vm.name(), vm.capabilities());
      parts.store().update(freed);
    }
    return freed;
  }

  private void requireStopped(Vm vm) {
    if (reconciliation.isAlive(vm)) {
      throw new BangerException(
          ErrorCode.IN_USE,
          "vm \"%s\" is running; stop it with: banger vm stop %s".formatted(vm.name(), vm.name()));
    }
  }

  @Override
  public Vm set(String reference, ChangeVm change, Operation operation) {
    return locked(
        reference,
        operation,
        (vm, work) -> {
          boolean running = reconciliation.isAlive(vm);
          Vm changed = change(work.operation()).run(vm, change, running);
          return running ? hotPlug.follow(changed) : changed;
        });
  }

  @Override
  public Vm rename(String reference, String name, Operation operation) {
    VmNames.check(name);
    return locked(
        reference,
        operation,
        (vm, work) -> {
          Vm renamed = change(work.operation()).rename(vm, name);
          return reconciliation.isAlive(renamed) ? hotPlug.follow(renamed) : renamed;
        });
  }

  private MachineChange change(Operation operation) {
    return new MachineChange(parts, sizing, new DiskGrowth(parts, hypervisors), operation);
  }

  @Override
  public Vm touch(String reference, Operation operation) {
    return locked(
        reference,
        operation,
        (vm, work) -> {
          Vm touched = vm.usedAt(Instant.now().truncatedTo(ChronoUnit.SECONDS));
          parts.store().update(touched);
          return touched;
        });
  }

  @Override
  public Vm reset(String reference, Operation operation) {
    return locked(reference, operation, (vm, work) -> resetLocked(vm, work.operation()));
  }

  private Vm resetLocked(Vm vm, Operation operation) {
    requireStopped(vm);
    Hypervisor hypervisor = hypervisors.require(vm.hypervisor());
    MachineStart.requireOurs(vm, hypervisor);
    parts.requireFreeSpace();
    Vm ended = vm.state() == VmState.RUNNING ? reconciliation.endDead(vm, operation) : vm;
    if (vm.startedAt() != null) {
      FaultPoint.around(
          "reset.root_disk", () -> new RootDisk(parts, hypervisor).make(vm, operation));
      parts.events().tell(Event.RESET, vm, operation);
    }
    return ended;
  }

  @Override
  public List<Vm> prune(PruneVms selection, Operation operation) {
    Pruning pruning = new Pruning(selection, Instant.now());
    List<Vm> selected = list().stream().filter(pruning::selects).toList();
    if (selection.dryRun()) {
      return selected;
    }
    List<Vm> removed = new ArrayList<>();
    Failures failures = new Failures();
    for (Vm vm : selected) {
      operation.check();
      failures.attempt(
          vm.name(),
          () -> {
            if (prune(vm, pruning, operation)) {
              removed.add(vm);
            }
          });
    }
    failures.throwIfAny("not all machines could be removed");
    return removed;
  }

  /** Whether a machine that was selected still was when it was its turn, and is gone. */
  private boolean prune(Vm selected, Pruning pruning, Operation operation) {
    if (inFlight.holds(selected.id())) {
      return false; // somebody works on it
    }
    try (InFlight.Work work = inFlight.enter(operation);
        KeyedLocks.Held held = locks.acquire(selected.id(), work.operation())) {
      work.holding(selected.id());
      Optional<Vm> vm = parts.store().findById(selected.id()).filter(pruning::selects);
      vm.ifPresent(each -> deletion.run(each, work.operation()));
      return vm.isPresent();
    }
  }

  @Override
  public VmStatistics statistics(String reference, Operation operation) {
    return usage.of(find(reference), operation);
  }

  /** A machine that is to be ended by force is not waited for by those who stop it gently. */
  private boolean hurry(String reference, Operation operation) {
    operation.check();
    return inFlight.hurry(VmReferences.resolve(parts.store().list(), reference).id());
  }

  private Vm locked(
      String reference, Operation operation, BiFunction<Vm, InFlight.Work, Vm> action) {
    try (InFlight.Work work = inFlight.enter(operation)) {
      return lockedWithin(reference, work, action);
    }
  }

  private Vm lockedWithin(
      String reference, InFlight.Work work, BiFunction<Vm, InFlight.Work, Vm> action) {
    Vm found = VmReferences.resolve(parts.store().list(), reference);
    awaitHypervisor(found.hypervisor(), work.operation());
    try (KeyedLocks.Held held = locks.acquire(found.id(), work.operation())) {
      work.holding(found.id());
      Vm vm = parts.store().findById(found.id()).orElseThrow(() -> deletedMeanwhile(found));
      return action.apply(vm, work);
    }
  }

  private static BangerException deletedMeanwhile(Vm vm) {
    return new BangerException(
        ErrorCode.NOT_FOUND, "vm \"%s\" was deleted meanwhile".formatted(vm.name()));
  }

  private void awaitHypervisors(Operation operation) {
    awaitBriefly(() -> !hypervisors.all().isEmpty(), operation);
  }

  private void awaitHypervisor(String name, Operation operation) {
    awaitBriefly(() -> hypervisors.find(name).isPresent(), operation);
  }

  /** While the daemon starts or a driver is updated a hypervisor may be missing for a moment. */
  private static void awaitBriefly(
      java.util.function.BooleanSupplier condition, Operation operation) {
    try {
      operation.within(HYPERVISOR_ARRIVAL).await(condition, PAUSE);
    } catch (BangerException e) {
      operation.check(); // what is missing is told by whoever needs it
    }
  }

  private void later(Runnable work) {
    corrector.execute(
        () -> {
          try (MDC.MDCCloseable id = MDC.putCloseable("op_id", background.id())) {
            work.run();
          } catch (RuntimeException e) {
            boolean busy =
                e instanceof BangerException error && error.code() == ErrorCode.DEADLINE_EXCEEDED;
            if (!busy && !background.ended()) {
              LOG.warn("a record could not be corrected", e);
            }
          }
        });
  }
}
