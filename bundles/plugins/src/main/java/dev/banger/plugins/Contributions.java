// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.capability.Capability;
import dev.banger.command.CommandContributor;
import dev.banger.doctor.DoctorCheck;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.plugin.PluginSelfCheck;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleWiring;

/** What bundles add to banger, in words: told by the services that they publish. */
final class Contributions {
  private static final String CAPABILITY = "capability ";
  private static final String OF_BANGER = "dev.banger.";

  private static final String SILENT = "(does not answer)";

  /** A name is written in the code; whoever asks for a list waits for all of them. */
  private static final Duration LIMIT = Duration.ofSeconds(2);

  private final BundleContext context;
  private final Set<String> api;
  private final Duration limit;

  /** Those that have not answered yet: they are not asked a second time meanwhile. */
  private final Set<ServiceReference<?>> silent = ConcurrentHashMap.newKeySet();

  Contributions(BundleContext context) {
    this(context, api(context), LIMIT);
  }

  /**
   * @param api the packages whose services are banger's concern
   * @param limit how long a service may take for its name
   */
  Contributions(BundleContext context, Set<String> api, Duration limit) {
    this.context = context;
    this.api = api;
    this.limit = limit;
  }

  // A program that calls the API itself lends its packages to the framework: they have no bundle.
  private static Set<String> api(BundleContext context) {
    return Optional.ofNullable(FrameworkUtil.getBundle(PluginSelfCheck.class))
        .orElseGet(() -> context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION))
        .adapt(BundleWiring.class)
        .getCapabilities(PackageNamespace.PACKAGE_NAMESPACE)
        .stream()
        .map(each -> (String) each.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE))
        .filter(each -> each.startsWith(OF_BANGER))
        .collect(Collectors.toSet());
  }

  /** The capabilities among what a bundle adds. */
  static Set<String> capabilities(Collection<String> words) {
    return words.stream()
        .filter(each -> each.startsWith(CAPABILITY))
        .map(each -> each.substring(CAPABILITY.length()))
        .collect(Collectors.toSet());
  }

  /** What a bundle adds now, sorted. */
  Set<String> of(Bundle bundle) {
    Set<String> words = new TreeSet<>();
    for (ServiceReference<?> each : Snapshot.published(bundle)) {
      String[] interfaces = (String[]) each.getProperty(Constants.OBJECTCLASS);
      for (String one : interfaces) {
        if (isApi(one)) {
          words.add(word(one, each));
        }
      }
    }
    return words;
  }

  /** What bundles offer only to themselves is nobody's concern. */
  private boolean isApi(String service) {
    int dot = service.lastIndexOf('.');
    return dot > 0 && api.contains(service.substring(0, dot));
  }

  private String word(String service, ServiceReference<?> reference) {
    if (service.equals(CommandContributor.class.getName())) {
      return "command " + name(reference);
    }
    if (service.equals(Hypervisor.class.getName())) {
      return "hypervisor " + name(reference);
    }
    if (service.equals(DoctorCheck.class.getName())) {
      return "doctor check";
    }
    if (service.equals(PluginSelfCheck.class.getName())) {
      return "self-check";
    }
    if (isHook(service)) {
      return CAPABILITY + name(reference);
    }
    return service.substring(service.lastIndexOf('.') + 1);
  }

  private static boolean isHook(String service) {
    return service.startsWith(Capability.class.getPackageName() + ".")
        && !service.endsWith(".CapabilityService");
  }

  /** Asks the service itself, which may be as bad as any plugin. */
  private String name(ServiceReference<?> reference) {
    if (silent.contains(reference)) {
      return SILENT;
    }
    AtomicBoolean answered = new AtomicBoolean();
    try {
      return BoundedCall.within(limit, "plugin-name", () -> ask(reference, answered));
    } catch (TimeoutException e) {
      silent.add(reference);
      if (answered.get()) {
        silent.remove(reference);
      }
      return SILENT;
    } catch (ExecutionException e) {
      return "(fails: " + e.getCause() + ")";
    }
  }

  private String ask(ServiceReference<?> reference, AtomicBoolean answered) {
    try {
      return answer(context.getService(reference));
    } finally {
      context.ungetService(reference);
      answered.set(true);
      silent.remove(reference);
    }
  }

  private static String answer(Object service) {
    if (service instanceof CommandContributor command) {
      return command.name();
    }
    if (service instanceof Hypervisor hypervisor) {
      return hypervisor.name();
    }
    if (service instanceof Capability capability) {
      return capability.capability();
    }
    return "(cannot be activated)";
  }
}
