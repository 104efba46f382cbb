// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.event.Event;
import dev.banger.event.EventStream;
import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.kernel.KernelService;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginService;
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
import java.util.concurrent.atomic.AtomicReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

  /** What leaving may take in all. */
  private static final Duration LEAVING = Duration.ofSeconds(10);

  /** What of it an operation under way has to finish by itself before it is cancelled. */
  private static final Duration WILLING = Duration.ofSeconds(2);

  private final AtomicReference<VmConfiguration> settings = new AtomicReference<>();
  private final MachineParts parts;
  private final Hypervisors hypervisors;
  private final Sizing sizing;
  private final Reservation reservation;
  private final Deletion deletion;
  private final Reconciliation reconciliation;
  private final InterruptedCreation interruptedCreation;
  private final RecordedStart starting;
  private final MachineStop stopping;
  private final RecordCorrections records;
  private final MachineOperations operations;
  private final MachineUsage usage;
  private final HotPlug hotPlug;
  private final MachineLocks locks = new MachineLocks();
  private final InFlight inFlight = new InFlight();
  private final Operation.Registration arrivals;

  /** Absent where another program than our daemon is the host. */
  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile PluginService plugins;

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
    this.starting = new RecordedStart(parts, hypervisors, reconciliation);
    this.stopping = new MachineStop(parts, hypervisors, reconciliation);
    this.records = new RecordCorrections(parts, reconciliation, inFlight);
    this.operations = new MachineOperations(store, hypervisors, locks, inFlight);
    this.hotPlug = new HotPlug(parts, hypervisors, reconciliation, locks, inFlight::held);
    this.arrivals =
        hypervisors.onArrival(
            hypervisor -> records.later(operation -> reconciliation.run(hypervisor, operation)));
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
    records.close();
    if (!inFlight.drain(WILLING, whole)) {
      LOG.warn("operations on machines are still under way while their service leaves");
    }
    if (!records.awaitEnd(whole)) {
      LOG.warn("the reconciliation did not end in time");
    }
    if (!hotPlug.awaitEnd(whole)) {
      LOG.warn("capabilities are still being applied or cleaned up while their service leaves");
    }
  }

  @Override
  public List<Vm> list() {
    return parts.store().list().stream().flatMap(vm -> records.asItIs(vm).stream()).toList();
  }

  @Override
  public Vm find(String reference) {
    Vm found = VmReferences.resolve(parts.store().list(), reference);
    return records.asItIs(found).orElseThrow(() -> MachineOperations.deletedMeanwhile(found));
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
    awaitPlugins(operation);
    operations.awaitHypervisor(parts.configuration().hypervisor(), operation);
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

  /** Their capabilities and hypervisors count from the first machine that a daemon starts. */
  private void awaitPlugins(Operation operation) {
    PluginService present = plugins;
    if (present != null) {
      present.awaitInitial(operation);
    }
  }

  @Override
  public Vm start(String reference, Operation operation) {
    awaitPlugins(operation);
    return operations.locked(reference, operation, starting::run);
  }

  private RequiredCapabilities required(Operation operation) {
    return new RequiredCapabilities(parts.capabilities(), operation);
  }

  @Override
  public Vm stop(String reference, Duration grace, Operation operation) {
    MachineStop.checkGrace(grace);
    return operations.locked(reference, operation, (vm, work) -> stopping.run(vm, grace, work));
  }

  @Override
  public Vm restart(String reference, Duration grace, Operation operation) {
    MachineStop.checkGrace(grace);
    awaitPlugins(operation);
    return operations.locked(
        reference,
        operation,
        (vm, work) -> {
          MachineStart.requireStartable(vm, hypervisors.require(vm.hypervisor(), work.operation()));
          return starting.run(stopping.run(vm, grace, work), work);
        });
  }

  @Override
  public Vm kill(String reference, String signal, Operation operation) {
    MachineStop.checkSignal(signal);
    boolean hurried = MachineStop.ends(signal) && operations.hurry(reference, operation);
    return operations.locked(
        reference,
        operation,
        (vm, work) ->
            hurried && vm.state() != VmState.RUNNING
                ? vm // ended by the stop that was hurried, or never came up
                : stopping.signal(vm, signal, work.operation()));
  }

  @Override
  public void delete(String reference, Operation operation) {
    operations.hurry(reference, operation);
    operations.locked(
        reference,
        operation,
        (vm, work) -> {
          deletion.run(vm, work.operation());
          return vm;
        });
  }

  @Override
  public void deleteDue(Vm seen, Operation operation) {
    operations.locked(
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
    operations.locked(
        seen.id(),
        operation,
        (vm, work) -> LifetimeEnd.isDue(seen, vm) ? stopping.run(vm, grace, work) : vm);
  }

  @Override
  public Vm abandon(String reference, Operation operation) {
    return operations.locked(
        reference, operation, (vm, work) -> new Abandonment(parts, reconciliation).run(vm));
  }

  @Override
  public Vm set(String reference, ChangeVm change, Operation operation) {
    return operations.locked(
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
    return operations.locked(
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
    return operations.locked(
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
    return operations.locked(
        reference,
        operation,
        (vm, work) -> new RootReset(parts, hypervisors, reconciliation).run(vm, work.operation()));
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
    return operations.unlessWorkedOn(
        selected, pruning::selects, operation, (vm, work) -> deletion.run(vm, work.operation()));
  }

  @Override
  public VmStatistics statistics(String reference, Operation operation) {
    return usage.of(find(reference), operation);
  }
}
