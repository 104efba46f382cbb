// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.gogo;

import dev.banger.command.CommandContributor;
import dev.banger.command.CommandService;
import dev.banger.shell.CommandNames;
import java.util.Collection;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * Offers every contributed command to Gogo, as long as its contributor is there: {@code vm list} by
 * the scope {@code banger}, and {@code vm:list} by a scope of the command's name.
 */
@Component(
    immediate = true,
    service = {})
public final class GogoCommands {
  private final BundleContext bundle;
  private final CommandService commands;
  private final SessionConsoles consoles;
  private final Map<CommandContributor, List<ServiceRegistration<Object>>> offered =
      new HashMap<>();

  @Activate
  public GogoCommands(
      BundleContext bundle,
      @Reference CommandService commands,
      @Reference SessionConsoles consoles) {
    this.bundle = bundle;
    this.commands = commands;
    this.consoles = consoles;
  }

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  synchronized void add(CommandContributor contributor) {
    String name = contributor.name();
    ServiceRegistration<Object> whole = offer("banger", List.of(name), List.of());
    List<String> subcommands = CommandNames.subcommands(contributor);
    offered.put(
        contributor,
        subcommands.isEmpty()
            ? List.of(whole)
            : List.of(whole, offer(name, subcommands, List.of(name))));
  }

  synchronized void remove(CommandContributor contributor) {
    withdraw(offered.getOrDefault(contributor, List.of()));
    offered.remove(contributor);
  }

  private ServiceRegistration<Object> offer(
      String scope, List<String> functions, List<String> prefix) {
    Hashtable<String, Object> properties = new Hashtable<>();
    properties.put("osgi.command.scope", scope);
    properties.put("osgi.command.function", functions.toArray(String[]::new));
    return bundle.registerService(
        Object.class, new GogoCommand(commands, consoles, prefix), properties);
  }

  private static void withdraw(Collection<ServiceRegistration<Object>> registrations) {
    for (ServiceRegistration<Object> each : registrations) {
      try {
        each.unregister();
      } catch (IllegalStateException e) {
        // The framework has withdrawn it already, because the bundle stops.
      }
    }
  }

  /** Withdraws everything. */
  @Deactivate
  synchronized void deactivate() {
    offered.values().forEach(GogoCommands::withdraw);
    offered.clear();
  }
}
