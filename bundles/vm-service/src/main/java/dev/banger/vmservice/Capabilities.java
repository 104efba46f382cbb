// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Capability;
import dev.banger.capability.CapabilityService;
import dev.banger.capability.Cleanup;
import dev.banger.capability.ConfigChange;
import dev.banger.capability.GuestConfigContributor;
import dev.banger.capability.HostPreparer;
import dev.banger.capability.InstalledCapability;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.capability.PostStart;
import dev.banger.capability.StartPrerequisites;
import dev.banger.operation.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.AnyService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The capabilities that are there, which come and go while machines run. */
@Component(service = {Capabilities.class, CapabilityService.class})
public final class Capabilities implements CapabilityService {
  private static final Logger LOG = LoggerFactory.getLogger(Capabilities.class);
  private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,32}");

  private static final List<Class<? extends Capability>> HOOKS =
      List.of(
          StartPrerequisites.class,
          HostPreparer.class,
          GuestConfigContributor.class,
          MachineConfigContributor.class,
          PostStart.class,
          ConfigChange.class,
          Cleanup.class);

  private final List<Consumer<Hook<?>>> arrivals = new CopyOnWriteArrayList<>();
  private final List<Consumer<Hook<?>>> departures = new CopyOnWriteArrayList<>();
  private final Bundle framework;
  private List<Map.Entry<Map<String, Object>, Hook<?>>> entries = List.of();

  @Activate
  public Capabilities(BundleContext context) {
    this(context.getBundle(0));
  }

  /** Without a framework; null is for tests. */
  Capabilities(Bundle framework) {
    this.framework = framework;
  }

  @Reference(
      service = AnyService.class,
      target =
          "(&(objectClass=dev.banger.capability.*)"
              + "(!(objectClass=dev.banger.capability.CapabilityService)))",
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void add(Object service, ServiceReference<?> reference, Map<String, Object> properties) {
    Bundle bundle = reference.getBundle();
    add(service, properties, bundle.getSymbolicName(), bundle.getVersion().toString());
  }

  /** Takes a service that arrives; what is no capability, or has no proper name, is refused. */
  void add(Object service, Map<String, Object> properties, String bundle, String version) {
    Hook<?> hook = hook(service, properties, bundle, version);
    if (hook == null) {
      return;
    }
    List<Consumer<Hook<?>>> told;
    synchronized (this) {
      List<Map.Entry<Map<String, Object>, Hook<?>>> more = new ArrayList<>(entries);
      more.add(Map.entry(properties, hook));
      entries = List.copyOf(more);
      told = List.copyOf(arrivals);
    }
    LOG.info("{} is here", hook.label());
    told.forEach(arrival -> arrival.accept(hook));
  }

  private static Hook<?> hook(
      Object service, Map<String, Object> properties, String bundle, String version) {
    if (!(service instanceof Capability capability)) {
      return null;
    }
    try {
      String name = capability.capability();
      if (name != null && NAME.matcher(name).matches()) {
        return new Hook<>(capability, name, Target.of(properties), bundle, version);
      }
      LOG.error("bundle {} has a capability whose name is not of the form {}", bundle, NAME);
    } catch (IllegalArgumentException e) {
      LOG.error("bundle {} has a capability that is refused: {}", bundle, e.getMessage());
    } catch (RuntimeException | LinkageError e) {
      LOG.error("bundle {} has a capability that does not tell its name", bundle, e);
    }
    return null;
  }

  /** Lets a service go; it works until this returns. */
  void remove(Object service) {
    Hook<?> gone = null;
    synchronized (this) {
      List<Map.Entry<Map<String, Object>, Hook<?>>> left = new ArrayList<>(entries);
      for (Map.Entry<Map<String, Object>, Hook<?>> entry : entries) {
        if (entry.getValue().service() == service) {
          gone = entry.getValue();
          left.remove(entry);
        }
      }
      entries = List.copyOf(left);
    }
    if (gone == null) {
      return;
    }
    // When all stops, machines run on with what they have.
    if (framework != null && framework.getState() == Bundle.STOPPING) {
      return;
    }
    LOG.info("{} leaves", gone.label());
    for (Consumer<Hook<?>> departure : departures) {
      departure.accept(gone);
    }
  }

  /** Those that are there now. */
  synchronized CapabilitySet snapshot() {
    return new CapabilitySet(ServiceOrder.ranked(entries));
  }

  /** Calls a listener once for each service that is there and for each that comes. */
  Operation.Registration onArrival(Consumer<Hook<?>> listener) {
    CapabilitySet there;
    synchronized (this) {
      arrivals.add(listener);
      there = snapshot();
    }
    there.services().forEach(listener);
    return () -> arrivals.remove(listener);
  }

  /** Calls a listener for each service that leaves, before it does. */
  Operation.Registration onDeparture(Consumer<Hook<?>> listener) {
    departures.add(listener);
    return () -> departures.remove(listener);
  }

  @Override
  public List<InstalledCapability> list() {
    return snapshot().services().stream().map(Capabilities::installed).toList();
  }

  private static InstalledCapability installed(Hook<?> hook) {
    List<String> hooks =
        HOOKS.stream()
            .filter(type -> type.isInstance(hook.service()))
            .map(Class::getSimpleName)
            .toList();
    return new InstalledCapability(hook.capability(), hook.bundle(), hook.version(), hooks);
  }
}
