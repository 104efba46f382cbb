// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.HypervisorStatus;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** The hypervisors that are there, which come and go while machines run. */
@Component(service = Hypervisors.class)
public final class Hypervisors {
  private static final Duration ARRIVAL = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofMillis(10);

  private final List<Consumer<Hypervisor>> arrivals = new CopyOnWriteArrayList<>();
  private List<Entry> entries = List.of();

  @Activate
  public Hypervisors() {}

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void add(Hypervisor hypervisor, Map<String, Object> properties) {
    List<Consumer<Hypervisor>> told;
    synchronized (this) {
      List<Entry> more = new ArrayList<>(entries);
      more.add(new Entry(hypervisor, ServiceOrder.ranking(properties)));
      more.sort(Comparator.comparingInt(Entry::ranking).reversed());
      entries = List.copyOf(more);
      told = List.copyOf(arrivals);
    }
    told.forEach(arrival -> arrival.accept(hypervisor));
  }

  void remove(Hypervisor hypervisor) {
    synchronized (this) {
      entries = entries.stream().filter(entry -> entry.hypervisor != hypervisor).toList();
    }
  }

  /** All, highest ranking first. */
  synchronized List<Hypervisor> all() {
    return entries.stream().map(Entry::hypervisor).toList();
  }

  /** The one of a name. */
  Optional<Hypervisor> find(String name) {
    return all().stream().filter(hypervisor -> hypervisor.name().equals(name)).findFirst();
  }

  /**
   * The one of a name.
   *
   * @throws BangerException UNAVAILABLE when it is not there
   */
  Hypervisor require(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new BangerException(
                    ErrorCode.UNAVAILABLE,
                    "the hypervisor "
                        + name
                        + " is not there (yet): try again, or see the daemon's log"));
  }

  /**
   * The one of a name, for an operation that waits a moment for it.
   *
   * @throws BangerException UNAVAILABLE when it does not come; CANCELLED
   */
  Hypervisor require(String name, Operation operation) {
    AtomicReference<Hypervisor> present = new AtomicReference<>();
    awaitBriefly(
        () -> {
          present.set(find(name).orElse(null));
          return present.get() != null;
        },
        operation);
    Hypervisor found = present.get();
    return found == null ? require(name) : found;
  }

  /**
   * Waits a moment for a hypervisor.
   *
   * @param name of the one that is wanted; blank for any
   * @param vain whether waiting has become so
   * @return whether it is there
   */
  boolean await(String name, BooleanSupplier vain, Operation operation) {
    awaitBriefly(() -> isThere(name) || vain.getAsBoolean(), operation);
    return isThere(name);
  }

  private boolean isThere(String name) {
    return name.isBlank() ? !all().isEmpty() : find(name).isPresent();
  }

  /** While the daemon starts or a driver is updated a hypervisor may be missing for a moment. */
  private static void awaitBriefly(BooleanSupplier condition, Operation operation) {
    try {
      operation.within(ARRIVAL).await(condition, PAUSE);
    } catch (BangerException e) {
      operation.check();
    }
  }

  /**
   * Whether a VMM is alive.
   *
   * @throws BangerException UNAVAILABLE when its hypervisor is not there to tell
   */
  boolean alive(MachineHandle handle) {
    return require(handle.hypervisor()).alive(handle);
  }

  /**
   * As above, for an operation that waits a moment for the hypervisor.
   *
   * @throws BangerException UNAVAILABLE when it does not come; CANCELLED
   */
  boolean alive(MachineHandle handle, Operation operation) {
    return require(handle.hypervisor(), operation).alive(handle);
  }

  /** Whether a VMM has surely ended; a hypervisor that is not there cannot tell. */
  boolean surelyDead(MachineHandle handle) {
    return find(handle.hypervisor()).filter(each -> !each.alive(handle)).isPresent();
  }

  /**
   * The one for a new machine.
   *
   * @param preferred its name, or empty for the usable one of highest ranking
   * @throws BangerException UNAVAILABLE, or HOST_UNFIT when none can run machines here
   */
  Hypervisor choose(String preferred, Operation operation) {
    List<Hypervisor> candidates = preferred.isBlank() ? all() : List.of(require(preferred));
    if (candidates.isEmpty()) {
      throw new BangerException(
          ErrorCode.UNAVAILABLE,
          "no hypervisor is there (yet): try again, or see the daemon's log");
    }
    List<String> reasons = new ArrayList<>();
    for (Hypervisor candidate : candidates) {
      HypervisorStatus status = candidate.status(operation);
      if (status.usable()) {
        return candidate;
      }
      reasons.add(candidate.name() + ": " + status.detail());
    }
    throw unfit(String.join("; ", reasons));
  }

  /** Refuses a hypervisor that cannot run machines here. */
  static void requireUsable(Hypervisor hypervisor, Operation operation) {
    HypervisorStatus status = hypervisor.status(operation);
    if (!status.usable()) {
      throw unfit(hypervisor.name() + ": " + status.detail());
    }
  }

  /** Calls a listener once for each hypervisor that is there and for each that comes. */
  Operation.Registration onArrival(Consumer<Hypervisor> listener) {
    List<Hypervisor> there;
    synchronized (this) {
      arrivals.add(listener);
      there = all();
    }
    there.forEach(listener);
    return () -> arrivals.remove(listener);
  }

  private static BangerException unfit(String reason) {
    return new BangerException(
        ErrorCode.HOST_UNFIT,
        "no hypervisor can run machines here (" + reason + "); `banger doctor` tells what to do");
  }

  private record Entry(Hypervisor hypervisor, int ranking) {}
}
