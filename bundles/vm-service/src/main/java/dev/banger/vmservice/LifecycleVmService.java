// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.kernel.KernelService;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.store.VmStore;
import dev.banger.vm.CreateVm;
import dev.banger.vm.SizedSpec;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.vm.VmSpec;
import dev.banger.vm.VmState;
import dev.banger.wire.Json;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
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
@Component(service = VmService.class, immediate = true, configurationPid = VmConfiguration.PID)
@Designate(ocd = VmConfiguration.class)
public final class LifecycleVmService implements VmService {
  private static final Logger LOG = LoggerFactory.getLogger(LifecycleVmService.class);
  private static final Duration HYPERVISOR_ARRIVAL = Duration.ofSeconds(5);

  /** What an operation under way may take to finish by itself, and then to be undone. */
  private static final Duration WILLING = Duration.ofSeconds(2);

  private static final Duration ROLLBACK = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(10);
  private static final Set<String> SIGNALS =
      Set.of("TERM", "KILL", "INT", "HUP", "QUIT", "USR1", "USR2", "ABRT", "STOP", "CONT");
  private static final Set<String> ENDING_SIGNALS = Set.of("TERM", "KILL");

  private final MachineParts parts;
  private final Hypervisors hypervisors;
  private final Sizing sizing;
  private final Reservation reservation;
  private final Reconciliation reconciliation;
  private final PowerOff powerOff;
  private final KeyedLocks locks = new KeyedLocks();
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
      @Reference ImageService images,
      @Reference KernelService kernels,
      @Reference BangerDirectories directories,
      @Reference Hypervisors hypervisors,
      @Reference AgentConnections connections,
      @Reference Capabilities capabilities,
      @Reference SshIdentity identity,
      @Reference KnownHosts knownHosts,
      @Reference Json json) {
    this.hypervisors = hypervisors;
    Handles handles = new Handles(json);
    java.security.SecureRandom random = new java.security.SecureRandom();
    SshPorts sshPorts = new SshPorts(configuration, random);
    this.parts =
        new MachineParts(
            configuration,
            directories.state(),
            store,
            images,
            kernels,
            connections,
            capabilities,
            identity,
            knownHosts,
            sshPorts,
            handles,
            new Teardown(
                hypervisors, connections, capabilities, handles, directories.run().resolve("vm")));
    this.sizing = new Sizing(configuration, HostCapacity.measured());
    this.reservation = new Reservation(parts, random);
    this.reconciliation = new Reconciliation(parts, hypervisors, locks);
    this.powerOff = new PowerOff(hypervisors, connections);
    this.arrivals =
        hypervisors.onArrival(
            hypervisor -> later(() -> reconciliation.run(hypervisor, background)));
  }

  @Deactivate
  void deactivate() throws InterruptedException {
    arrivals.close();
    if (!inFlight.drain(WILLING, ROLLBACK)) {
      LOG.warn("operations on machines are still under way while their service leaves");
    }
    background.cancel("the daemon is stopping");
    corrector.shutdown();
    if (!corrector.awaitTermination(5, TimeUnit.SECONDS)) {
      LOG.warn("the reconciliation did not end in time");
    }
  }

  @Override
  public List<Vm> list() {
    return parts.store().list().stream().map(this::asItIs).toList();
  }

  @Override
  public Vm find(String reference) {
    return asItIs(VmReferences.resolve(parts.store().list(), reference));
  }

  private boolean isSurelyDead(Vm vm) {
    try {
      return !reconciliation.isAlive(vm);
    } catch (BangerException e) {
      return false; // its hypervisor is being updated
    }
  }

  /** The record as it should be; a wrong one is corrected behind the caller's back. */
  private Vm asItIs(Vm vm) {
    if (vm.state() != VmState.RUNNING || !isSurelyDead(vm)) {
      return vm;
    }
    if (corrections.add(vm.id())) {
      later(
          () -> {
            corrections.remove(vm.id());
            reconciliation.reconcile(vm.id(), background);
          });
    }
    return vm.notRunning(VmState.STOPPED, "the machine ended by itself");
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
      reservation.requireFree(request.name());
    }
    SizedSpec sized = sizing.size(request);
    awaitHypervisors(operation);
    Hypervisor hypervisor = hypervisors.choose(parts.configuration().hypervisor(), operation);
    parts.requireFreeSpace();
    Image image = parts.images().resolve(request.image(), operation);
    parts.kernels().resolve(image.kernel(), operation);
    VmSpec spec = sizing.fitted(sized, image.name(), image.sizeBytes());
    return reservation.make(request.name(), spec, image, hypervisor, operation);
  }

  @Override
  public Vm start(String reference, Operation operation) {
    return locked(reference, operation, this::startLocked);
  }

  private Vm startLocked(Vm vm, Operation operation) {
    if (reconciliation.isAlive(vm)) {
      return vm;
    }
    VmState before = vm.state() == VmState.RUNNING ? VmState.STOPPED : vm.state();
    MachineStart start =
        new MachineStart(parts, vm, hypervisors.require(vm.hypervisor()), operation);
    try {
      return start.run();
    } catch (BangerException e) {
      recordFailure(vm, before, start.owed(), e);
      throw e;
    }
  }

  private void recordFailure(Vm vm, VmState before, List<String> owed, BangerException failure) {
    boolean cancelled = failure.code() == ErrorCode.CANCELLED;
    try {
      Vm stored = parts.store().findById(vm.id()).orElse(vm);
      parts
          .store()
          .update(
              stored
                  .notRunning(cancelled ? before : VmState.ERROR, failure.getMessage())
                  .withCapabilities(owed));
    } catch (BangerException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public Vm stop(String reference, Duration grace, Operation operation) {
    checkGrace(grace);
    return locked(reference, operation, (vm, own) -> stopLocked(vm, grace, own));
  }

  private static void checkGrace(Duration grace) {
    if (grace == null || grace.isNegative()) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "the grace must be zero or more");
    }
  }

  private Vm stopLocked(Vm vm, Duration grace, Operation operation) {
    if (vm.state() != VmState.RUNNING) {
      return vm;
    }
    String error = null;
    if (reconciliation.isAlive(vm)) {
      operation.progress().stage("stop", "stopping " + vm.name());
      powerOff.run(vm, handle(vm), grace, operation);
    } else {
      error = "the machine ended by itself";
    }
    return reconciliation.end(vm, VmState.STOPPED, error, Operation.background());
  }

  @Override
  public Vm restart(String reference, Duration grace, Operation operation) {
    checkGrace(grace);
    return locked(reference, operation, (vm, own) -> startLocked(stopLocked(vm, grace, own), own));
  }

  @Override
  public Vm kill(String reference, String signal, Operation operation) {
    if (signal == null || !SIGNALS.contains(signal)) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "signal \"%s\" is not one of %s"
              .formatted(signal, String.join(", ", new java.util.TreeSet<>(SIGNALS))));
    }
    return locked(reference, operation, (vm, own) -> killLocked(vm, signal, own));
  }

  private Vm killLocked(Vm vm, String signal, Operation operation) {
    if (!reconciliation.isAlive(vm)) {
      throw new BangerException(
          ErrorCode.NOT_RUNNING, "vm \"%s\" is not running".formatted(vm.name()));
    }
    MachineHandle handle = handle(vm);
    if (!ENDING_SIGNALS.contains(signal)) {
      hypervisors.require(handle.hypervisor()).signal(handle, signal, operation);
      return vm;
    }
    try {
      hypervisors.require(handle.hypervisor()).signal(handle, signal, operation);
    } catch (BangerException e) {
      // KILL and TERM end the machine whatever its VMM does; teardown makes sure of it.
      LOG.warn("{} cannot be sent {}: {}", vm.name(), signal, e.getMessage());
    }
    return reconciliation.end(vm, VmState.STOPPED, null, Operation.background());
  }

  @Override
  public void delete(String reference, Operation operation) {
    locked(
        reference,
        operation,
        (vm, own) -> {
          deleteLocked(vm);
          return vm;
        });
  }

  /** Once begun it goes on to its end, whether or not the caller is still there. */
  private void deleteLocked(Vm vm) {
    Operation own = Operation.background();
    Failures failures = new Failures();
    parts.teardown().end(vm, failures, own);
    failures.attempt("forgetting the host key", () -> parts.knownHosts().remove(vm));
    failures.attempt(
        "removing the directory", () -> DurableFiles.deleteTree(vm.files().directory()));
    failures.throwIfAny(
        "vm \"%s\" could not be deleted whole; delete it again".formatted(vm.name()));
    parts.store().delete(vm.id());
    LOG.info("{} ({}) is deleted", vm.name(), vm.id());
  }

  private MachineHandle handle(Vm vm) {
    return parts
        .handles()
        .find(vm)
        .orElseThrow(
            () ->
                new BangerException(
                    ErrorCode.NOT_RUNNING, "vm \"%s\" is not running".formatted(vm.name())));
  }

  private Vm locked(String reference, Operation operation, BiFunction<Vm, Operation, Vm> action) {
    try (InFlight.Work work = inFlight.enter(operation)) {
      return lockedWithin(reference, work.operation(), action);
    }
  }

  private Vm lockedWithin(
      String reference, Operation operation, BiFunction<Vm, Operation, Vm> action) {
    Vm found = VmReferences.resolve(parts.store().list(), reference);
    awaitHypervisor(found.hypervisor(), operation);
    try (KeyedLocks.Held held = locks.acquire(found.id(), operation)) {
      Vm vm =
          parts
              .store()
              .findById(found.id())
              .orElseThrow(
                  () ->
                      new BangerException(
                          ErrorCode.NOT_FOUND,
                          "vm \"%s\" was deleted meanwhile".formatted(found.name())));
      return action.apply(vm, operation);
    }
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
